#!/usr/bin/env python3
"""A token server for tests (distribution's token specification), on loopback.

usage: token-server.py PORT-FILE KEY CERTIFICATE USER PASSWORD LOG

Listens on a free port of 127.0.0.1 and writes its number to PORT-FILE. The user gets what it asks for, nobody gets
`pull` alone, a wrong password gets 401. `offline_token=true` is answered with a refresh token, and a POST with that
refresh token with a token. Each request is a line of JSON in LOG. openssl(1) signs.
"""
import base64
import http.server
import json
import os
import subprocess
import sys
import time
import urllib.parse

PORT_FILE, KEY, CERTIFICATE, USER, PASSWORD, LOG = sys.argv[1:7]
REFRESH = "refresh-of-" + USER


def der():
    command = ["openssl", "x509", "-in", CERTIFICATE, "-outform", "DER"]
    return subprocess.run(command, check=True, capture_output=True).stdout


CHAIN = [base64.b64encode(der()).decode()]


def part(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def signed(claims):
    text = part({"alg": "RS256", "typ": "JWT", "x5c": CHAIN}) + b"." + part(claims)
    command = ["openssl", "dgst", "-sha256", "-sign", KEY]
    signature = subprocess.run(command, input=text, check=True, capture_output=True).stdout
    return (text + b"." + part(signature)).decode()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        user = None
        header = self.headers.get("Authorization", "")
        if header.startswith("Basic "):
            user, _, password = base64.b64decode(header[6:]).decode().partition(":")
            if (user, password) != (USER, PASSWORD):
                return self.refuse()
        self.grant(query, user, "offline_token" in query)

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if form.get("grant_type") != ["refresh_token"] or form.get("refresh_token") != [REFRESH]:
            return self.refuse()
        self.grant(form, USER, False)

    def grant(self, query, user, offline):
        scopes = " ".join(query.get("scope", [])).split()
        self.note({"user": user, "scopes": scopes, "method": self.command})
        access = []
        for scope in scopes:
            kind, rest = scope.split(":", 1)
            name, actions = rest.rsplit(":", 1)
            granted = [a for a in actions.split(",") if user is not None or a == "pull"]
            access.append({"type": kind, "name": name, "actions": granted})
        now = int(time.time())
        token = signed({
            "iss": "test-issuer", "aud": query.get("service", [""])[0], "sub": user or "", "access": access,
            "iat": now, "nbf": now - 60, "exp": now + 300, "jti": os.urandom(8).hex(),
        })
        answer = {"token": token, "expires_in": 300}
        if offline:
            answer["refresh_token"] = REFRESH
        self.answer(200, answer)

    def refuse(self):
        self.note({"refused": True, "method": self.command})
        self.answer(401, {"errors": [{"code": "UNAUTHORIZED", "message": "wrong user or password"}]})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def note(self, what):
        with open(LOG, "a") as log:
            log.write(json.dumps(what) + "\n")

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(PORT_FILE + ".new", "w") as file:
    file.write(str(server.server_port))
os.rename(PORT_FILE + ".new", PORT_FILE)
server.serve_forever()
