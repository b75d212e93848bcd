"""The tabs of the page, one a file: Gradio components and what happens when they are used."""
