"""Ways in for other programs: reports for continuous integration, MCP, and HTTP in the forms that clients know."""
