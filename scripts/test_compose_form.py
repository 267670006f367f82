"""What compose_form.py must find equal, and what it must not. Run by `python3 -m unittest discover scripts`."""

import unittest

from compose_form import Form, differences


def found(ours, theirs, ours_project=None):
    """The paths at which two services differ."""
    form = Form("/srv/shop", "/home/me", escapes=True)
    one, other = (form.model({"name": "shop", "services": {"web": each}}) for each in (ours, theirs))
    return [path for path, _, _ in differences(one, other)]


SAME = [
    ({"ports": ["8080:80"]}, {"ports": [{"target": 80, "published": "8080", "protocol": "tcp", "mode": "ingress"}]}),
    ({"ports": ["1-2:3-4"]}, {"ports": ["1:3", "2:4"]}),
    ({"ports": [80]}, {"ports": ["80"]}),
    ({"environment": ["A=1", "B"]}, {"environment": {"A": 1}}),
    ({"environment": {"A": True}}, {"environment": {"A": "true"}}),
    ({"volumes": ["./a:/a:ro"]},
     {"volumes": [{"type": "bind", "source": "/srv/shop/a", "target": "/a", "read_only": True, "bind": {"create_host_path": True}}]}),
    ({"volumes": ["~/a:/a/"]}, {"volumes": ["/home/me/a:/a"]}),
    ({"command": "a 'b c'"}, {"command": ["a", "b c"]}),
    ({"depends_on": ["db"]}, {"depends_on": {"db": {"condition": "service_started", "required": True}}}),
    ({"links": ["db:x"]}, {"links": ["db:x"], "depends_on": {"db": {"condition": "service_started", "restart": True}}}),
    ({"healthcheck": {"test": "x", "interval": "90s"}}, {"healthcheck": {"test": ["CMD-SHELL", "x"], "interval": "1m30s"}}),
    ({"healthcheck": {"disable": True}}, {"healthcheck": {"test": ["NONE"]}}),
    ({"mem_limit": "64m"}, {"mem_limit": 67108864}),
    ({"build": "./a"}, {"build": {"context": "/srv/shop/a", "dockerfile": "Dockerfile"}}),
    ({"extra_hosts": ["a:1.1.1.1"]}, {"extra_hosts": {"a": ["1.1.1.1"]}}),
    ({"restart": False}, {"restart": "no"}),
    ({"cap_add": ["A", "B"]}, {"cap_add": ["B", "A"]}),
    ({}, {"networks": {"default": None}, "command": None, "privileged": False}),
    ({"secrets": ["a"]}, {"secrets": [{"source": "a", "target": "/run/secrets/a"}]}),
    ({"labels": ["a=$$b"]}, {"labels": {"a": "$$b"}}),
]

OTHER = [
    ({"ports": ["8080:80"]}, {"ports": ["8081:80"]}, "services.web.ports[0][1]"),
    ({"ports": ["80"]}, {"ports": ["80/udp"]}, "services.web.ports[0][3]"),
    ({"environment": {"A": "1"}}, {"environment": {"A": "01"}}, "services.web.environment.A"),
    ({"environment": {"A": ""}}, {"environment": {}}, "services.web.environment"),
    ({"volumes": ["./a:/a"]}, {"volumes": ["./a:/a:ro"]}, "services.web.volumes[0].read_only"),
    ({"volumes": ["a:/a"]}, {"volumes": ["./a:/a"]}, "services.web.volumes[0].source"),
    ({"command": []}, {"command": None}, "services.web.command"),
    ({"command": ["a", "b"]}, {"command": ["a b"]}, "services.web.command"),
    ({"depends_on": ["db"]}, {}, "services.web.depends_on"),
    ({"depends_on": ["db"]}, {"depends_on": {"db": {"condition": "service_healthy"}}}, "services.web.depends_on.db.condition"),
    ({"healthcheck": {"interval": "1m"}}, {"healthcheck": {"interval": "60"}}, "services.web.healthcheck.interval"),
    ({"mem_limit": "64m"}, {"mem_limit": "64"}, "services.web.mem_limit"),
    ({"networks": ["a"]}, {"networks": ["b"]}, "services.web.networks.a"),
    ({"dns": ["1.1.1.1", "8.8.8.8"]}, {"dns": ["8.8.8.8", "1.1.1.1"]}, "services.web.dns[0]"),
    ({"privileged": True}, {}, "services.web.privileged"),
    ({"image": "a:1.10"}, {"image": "a:1.1"}, "services.web.image"),
    ({"attach": False}, {}, "services.web.attach"),
    ({"x-a": {"b": 1}}, {"x-a": {"b": 2}}, "services.web.x-a.b"),
]


class NormalForm(unittest.TestCase):
    def test_spellings_of_the_same(self):
        for ours, theirs in SAME:
            with self.subTest(ours=ours):
                self.assertEqual(found(ours, theirs), [])

    def test_what_differs_is_found(self):
        for ours, theirs, path in OTHER:
            with self.subTest(ours=ours):
                self.assertIn(path, found(ours, theirs))


if __name__ == "__main__":
    unittest.main()
