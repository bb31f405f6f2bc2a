"""The chat contract on python-socketio and uvicorn, in its plainest form.

    python server.py

The first line of output says where the server listens; it ends when its standard input does, and
so does not outlive whoever started it. The environment says the rest:

    SOCKET_IO_OPTIONS  the options of the server as JSON: {"ping_interval": 1}

For `chatbench conform` the chat has events beside the contract: see tests/interop/hooks.yaml.
"""

import asyncio
import json
import os
import socket
import sys

import socketio
import uvicorn

options = json.loads(os.environ.get("SOCKET_IO_OPTIONS", "{}"))
server = socketio.AsyncServer(async_mode="asgi", namespaces=["/", "/custom"], **options)


def chat(namespace):
    @server.on("join-room", namespace=namespace)
    async def join_room(sid, room):
        await server.enter_room(sid, room, namespace=namespace)

    @server.on("leave-room", namespace=namespace)
    async def leave_room(sid, room):
        await server.leave_room(sid, room, namespace=namespace)

    @server.on("send-msg", namespace=namespace)
    async def send_msg(sid, data):
        room = data["room"]
        await server.emit("onreceive-msg", data, room=room, skip_sid=sid, namespace=namespace)

    @server.on("message", namespace=namespace)
    async def message(sid, *arguments):
        await server.emit("message-back", arguments, to=sid, namespace=namespace)

    @server.on("message-with-ack", namespace=namespace)
    async def message_with_ack(sid, *arguments):
        return arguments


async def end_with_input(running):
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    running.should_exit = True
    running.force_exit = True


async def main():
    chat("/")
    chat("/custom")
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(socketio.ASGIApp(server), log_level="critical")
    running = uvicorn.Server(config)
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    ending = asyncio.create_task(end_with_input(running))
    await running.serve(sockets=[listener])
    ending.cancel()


asyncio.run(main())
