"""Prints COUNT ports, 1 unless said, for servers that need to know theirs beforehand: free_port.py [COUNT]

A connection to each was closed from its own side just now, so for a minute the kernel gives the port to
nobody else; a server that listens with SO_REUSEADDR, as they all do, may have it (tcp(7), TIME_WAIT).
"""
import socket
import sys


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()):
            server.accept()[0].close()
        return server.getsockname()[1]


print(*(free_port() for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1)))
