#!/usr/bin/env python3
"""A registry that lies, for tests, on loopback.

usage: lying-server.py PORT-FILE LOG [CERTIFICATE KEY]

Listens on a free port of 127.0.0.1 and writes its number to PORT-FILE. Has one image, under as many repositories as it
knows lies; the repository's name says which lie. Each request is a line of JSON in LOG. A name may end in
`/at/HOST:PORT`: where a redirect leads.
"""
import gzip
import hashlib
import http.server
import io
import json
import os
import ssl
import sys
import tarfile
import threading
import time
import urllib.parse

PORT_FILE, LOG = sys.argv[1:3]
TLS = sys.argv[3:5]
SCHEME = "https" if TLS else "http"


def layer():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in ("one", "two"):
            info = tarfile.TarInfo(name)
            # Half a megabyte that does not compress, and always the same.
            data = b"".join(hashlib.sha256(f"{name} {i}".encode()).digest() for i in range(16384))
            info.size = len(data)
            info.mode = 0o644
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def descriptor(kind, data, **more):
    return {"mediaType": "application/vnd.oci.image." + kind, "digest": digest(data), "size": len(data), **more}


TAR = layer()
LAYER = gzip.compress(TAR, 1, mtime=0)
CONFIG = json.dumps({
    "architecture": "amd64", "os": "linux", "config": {"Cmd": ["true"]},
    "rootfs": {"type": "layers", "diff_ids": [digest(TAR)]},
}).encode()
MANIFEST = json.dumps({
    "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": descriptor("config.v1+json", CONFIG), "layers": [descriptor("layer.v1.tar+gzip", LAYER)],
}).encode()
BLOBS = {digest(LAYER): LAYER, digest(CONFIG): CONFIG}
TYPE = "application/vnd.oci.image.manifest.v1+json"

counts = {}
uploads = {}
lock = threading.Lock()


def count(key):
    with lock:
        counts[key] = counts.get(key, 0) + 1
        return counts[key]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    # -- what there is to say

    def say(self, status, body=b"", **headers):
        self.send_response(status)
        names = {key.replace("_", "-").lower() for key in headers}
        if "content-length" not in names:
            self.send_header("Content-Length", str(len(body)))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def hang_up(self):
        self.wfile.flush()
        self.close_connection = True
        self.connection.close()

    def begin(self):
        """Writes the request down; answers repository, kind and rest, or None for what is no repository's."""
        with open(LOG, "a") as log:
            log.write(json.dumps({
                "method": self.command, "path": self.path, "host": self.headers.get("Host"),
                "authorization": self.headers.get("Authorization"), "range": self.headers.get("Range"),
                "contentRange": self.headers.get("Content-Range"), "time": time.monotonic(),
            }) + "\n")
        # As a proxy it is asked for whole addresses.
        path = self.path
        if path.startswith("http://"):
            path = "/" + path.split("/", 3)[3]
        for kind in ("/manifests/", "/blobs/uploads/", "/blobs/", "/tags/"):
            if path.startswith("/v2/") and kind in path:
                name, _, rest = path[4:].partition(kind)
                return name, kind.strip("/"), rest
        if path == "/v2/":
            self.say(200, b"{}")
        elif path.startswith("/token"):
            self.say(200, json.dumps({"token": "t%d" % count("token"), "expires_in": 300}).encode())
        elif path.startswith("/away/"):
            self.say(307, Location="http://%s/token" % path[6:].partition("?")[0])
        elif path.startswith("/elsewhere/"):
            self.say(200, BLOBS.get(path[len("/elsewhere/"):], b""))
        elif path == "/log":
            self.say(200, b"")
        else:
            self.say(404)
        return None

    def do_CONNECT(self):
        self.begin()

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        found = self.begin()
        if not found:
            return
        name, kind, rest = found
        lie, _, place = name.partition("/at/")
        if kind == "blobs/uploads":
            return self.upload_status(rest)
        if lie == "token-away" and not self.headers.get("Authorization"):
            realm = "%s://%s/away/%s" % (SCHEME, self.headers["Host"], place)
            return self.say(401, b"{}", WWW_Authenticate='Bearer realm="%s",service="s"' % realm)
        if self.refused(lie):
            return
        if kind == "tags":
            return self.tags(lie, name)
        if kind == "manifests":
            return self.manifest(lie, name, rest)
        self.blob(lie, name, place, rest)

    def refused(self, lie):
        """Answers for the lies that are about everything."""
        number = count((lie, self.path))
        if lie == "limited-twice" and number <= 2:
            self.say(429, b"{}", Retry_After="0")
        elif lie == "limited-second" and number <= 1:
            self.say(429, b"{}", Retry_After="1")
        elif lie == "limited":
            self.say(429, json.dumps({"errors": [{"code": "TOOMANYREQUESTS", "message": "enough"}]}).encode(),
                     ratelimit_limit="100;w=21600", ratelimit_remaining="0;w=21600")
        elif lie == "busy-twice" and number <= 2:
            self.say(503, b"")
        elif lie == "busy":
            self.say(503, b"<html>no</html>")
        elif lie == "login-loop":
            host = self.headers["Host"]
            self.say(401, b"{}", WWW_Authenticate='Bearer realm="%s://%s/token",service="s",scope="repository:login-loop:pull"' % (SCHEME, host))
        elif lie in ("password", "redirect-secret") and not self.headers.get("Authorization"):
            self.say(401, b"{}", WWW_Authenticate='Basic realm="x"')
        elif lie == "plain-token":
            self.say(401, b"{}", WWW_Authenticate='Bearer realm="http://127.0.0.1:1/token"')
        elif lie == "huge-headers":
            self.send_response(200)
            for i in range(100):
                self.send_header("X-%d" % i, "y" * 8000)
            self.end_headers()
        elif lie == "huge-error":
            self.say(404, b"x" * (8 << 20))
        elif lie == "nothing":
            self.hang_up()
        else:
            return False
        return True

    def tags(self, lie, name):
        if lie == "tag-circle":
            return self.say(200, b'{"tags": ["a"]}', Link='</v2/%s/tags/list?last=a>; rel="next"' % name)
        if lie == "tag-elsewhere":
            return self.say(200, b'{"tags": ["a"]}', Link='<http://127.0.0.2:1/v2/x/tags/list>; rel="next"')
        self.say(200, b'{"tags": ["a", "b"]}')

    def manifest(self, lie, name, reference):
        if lie == "redirect-loop":
            return self.say(307, Location="/v2/%s/manifests/%s" % (name, reference))
        if lie == "redirect-plain":
            return self.say(307, Location="http://%s/v2/good/manifests/latest" % self.headers["Host"])
        if lie == "redirect-file":
            return self.say(307, Location="file:///etc/passwd")
        if lie == "huge-manifest":
            return self.say(200, b" " * (5 << 20), Content_Type=TYPE)
        if lie == "endless-manifest":
            self.send_response(200)
            self.send_header("Content-Type", TYPE)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                for _ in range(4096):
                    self.wfile.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
            except OSError:
                pass
            return self.hang_up()
        if lie == "wrong-manifest":
            return self.say(200, MANIFEST + b" ", Content_Type=TYPE)
        if lie == "no-manifest":
            return self.say(200, b"[]", Content_Type=TYPE)
        if lie == "wrong-type":
            return self.say(200, MANIFEST, Content_Type="application/vnd.oci.image.index.v1+json")
        if reference not in ("latest", digest(MANIFEST)):
            return self.say(404, json.dumps({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "no such"}]}).encode())
        self.say(200, MANIFEST, Content_Type=TYPE, Docker_Content_Digest=digest(MANIFEST))

    def blob(self, lie, name, place, reference):
        data = BLOBS.get(reference)
        if data is None:
            return self.say(404)
        if reference != digest(LAYER):
            return self.say(200, data)
        number = count((name, "blob"))
        half = len(data) // 2
        if lie == "wrong-digest":
            return self.say(200, data[:-1] + bytes([data[-1] ^ 1]))
        if lie == "wrong-digest-once" and number == 1:
            return self.say(200, data[:-1] + bytes([data[-1] ^ 1]))
        if lie == "short":
            return self.say(200, data[:half])
        if lie == "long":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in (data, b"and more"):
                self.wfile.write(b"%x\r\n" % len(piece) + piece + b"\r\n")
            return self.wfile.write(b"0\r\n\r\n")
        if lie == "truncated" or lie in ("broken-once", "broken-no-range") and number == 1:
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[:half] if lie != "truncated" else b"")
            return self.hang_up()
        if lie == "slow" or lie == "slow-once" and number == 1:
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[:half])
            self.wfile.flush()
            time.sleep(30)
            return self.hang_up()
        if lie == "wrong-range" and self.headers.get("Range"):
            return self.say(206, data, Content_Range="bytes 0-%d/%d" % (len(data) - 1, len(data)))
        if lie in ("redirect", "redirect-secret"):
            return self.say(307, Location="http://%s/elsewhere/%s" % (place, reference))
        if lie in ("etag-once", "etag-changed"):
            tag = '"x"' if number == 1 or lie == "etag-once" else '"y"'
            wanted = self.headers.get("Range")
            if number == 1:
                self.send_response(200)
                self.send_header("ETag", tag)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[:half])
                return self.hang_up()
            if wanted and self.headers.get("If-Range") == tag:
                start = int(wanted[6:].split("-")[0])
                return self.say(206, data[start:], ETag=tag,
                                Content_Range="bytes %d-%d/%d" % (start, len(data) - 1, len(data)))
            return self.say(200, data, ETag=tag)
        wanted = self.headers.get("Range")
        if wanted and lie != "broken-no-range":
            start = int(wanted[6:].split("-")[0])
            return self.say(206, data[start:], Content_Range="bytes %d-%d/%d" % (start, len(data) - 1, len(data)))
        self.say(200, data)

    # -- uploads

    def do_POST(self):
        found = self.begin()
        if not found:
            return
        name, _, _ = found
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with lock:
            number = str(len(uploads))
            uploads[number] = b""
        self.say(202, Location="/v2/%s/blobs/uploads/%s" % (name, number))

    def upload_status(self, rest):
        number = rest.partition("?")[0]
        if number not in uploads:
            return self.say(404)
        there = len(uploads[number])
        self.say(204, Location=self.path, Range="0-%d" % max(0, there - 1))

    def do_PATCH(self):
        found = self.begin()
        if not found:
            return
        name, _, rest = found
        number = rest.partition("?")[0]
        length = int(self.headers["Content-Length"])
        start = int(self.headers["Content-Range"].split("-")[0])
        if start != len(uploads[number]):
            self.rfile.read(length)
            return self.say(416, Range="0-%d" % max(0, len(uploads[number]) - 1))
        if name == "lost-answer" and count("lost-answer") == 1:
            uploads[number] += self.rfile.read(length // 2)
            return self.hang_up()
        uploads[number] += self.rfile.read(length)
        self.say(202, Location=self.path, Range="0-%d" % (len(uploads[number]) - 1))

    def do_PUT(self):
        found = self.begin()
        if not found:
            return
        name, kind, rest = found
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if kind == "manifests":
            return self.say(201)
        number, _, query = rest.partition("?")
        data = uploads[number] + body
        wanted = urllib.parse.parse_qs(query)["digest"][0]
        if digest(data) != wanted:
            return self.say(400, json.dumps({"errors": [{"code": "DIGEST_INVALID", "message": digest(data)}]}).encode())
        BLOBS[wanted] = data
        if name == "lost-end" and count("lost-end") == 1:
            return self.hang_up()
        self.say(201, Location="/v2/%s/blobs/%s" % (name, wanted))

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if TLS:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*TLS)
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(PORT_FILE + ".new", "w") as file:
    file.write("%d %s %s %d" % (server.server_port, digest(MANIFEST), digest(LAYER), len(LAYER)))
os.rename(PORT_FILE + ".new", PORT_FILE)
server.serve_forever()
