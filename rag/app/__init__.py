"""The application over the core: the command line, the page, the library of collections, kept conversations."""
