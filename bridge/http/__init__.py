"""The HTTP port: commands as JSON, events over WebSocket, audio up and down, health and metrics.

Only this package imports starlette, uvicorn and prometheus_client.
"""
