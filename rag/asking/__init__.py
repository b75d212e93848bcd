"""What a question asks for, of which articles, and how it reads without the turns before it."""
