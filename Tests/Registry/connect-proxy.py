#!/usr/bin/env python3
"""A proxy for tests: answers CONNECT alone, and whatever place it is asked for, it leads to one of this host.

usage: connect-proxy.py PORT-FILE LOG TARGET [USER:PASSWORD]

Listens on a free port of 127.0.0.1 and writes its number to PORT-FILE. Each request is a line `HOST:PORT STATUS` in LOG.
"""
import base64
import os
import socket
import sys
import threading

PORT_FILE, LOG, TARGET = sys.argv[1:4]
LOGIN = sys.argv[4] if len(sys.argv) > 4 else ""


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    finally:
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def serve(client):
    head = b""
    while b"\r\n\r\n" not in head:
        piece = client.recv(4096)
        if not piece:
            return client.close()
        head += piece
    lines = head.split(b"\r\n\r\n")[0].decode().split("\r\n")
    method, place = lines[0].split(" ")[:2]
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    wanted = "Basic " + base64.b64encode(LOGIN.encode()).decode()
    status = 200
    if method != "CONNECT":
        status = 405
    elif LOGIN and headers.get("proxy-authorization") != wanted:
        status = 407
    with open(LOG, "a") as log:
        log.write(f"{place} {status}\n")
    if status != 200:
        client.sendall(f"HTTP/1.1 {status} no\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n".encode())
        return client.close()
    host, _, port = TARGET.rpartition(":")
    server = socket.create_connection((host, int(port)))
    client.sendall(b"HTTP/1.1 200 there\r\n\r\n")
    threading.Thread(target=pump, args=(client, server), daemon=True).start()
    pump(server, client)


listener = socket.create_server(("127.0.0.1", 0))
with open(PORT_FILE + ".new", "w") as file:
    file.write(str(listener.getsockname()[1]))
os.rename(PORT_FILE + ".new", PORT_FILE)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
