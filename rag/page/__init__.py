"""The page: what it shows, as HTML and small ASGI parts; Gradio is met only in `rag.page.tabs` and `ui`."""
