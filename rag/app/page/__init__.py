"""The page: what it shows, as HTML and small ASGI parts; Gradio is met only in `rag.app.page.tabs` and `ui`."""
