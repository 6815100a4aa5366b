"""`rondo serve` through TLS, with clients of others: python3 cli_tls_test.py PATH/TO/rondo"""

import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

PROGRAM = ""
DEADLINE = 30  # seconds that nothing here comes near
TOOLS = {name: shutil.which(name) for name in ("openssl", "curl")}


def make_certificate(folder, name):
    """A certificate for localhost that vouches for itself, and its key, in one file."""
    both = folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
               "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    key, certificate = folder / "new-key.pem", folder / "new-certificate.pem"
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, timeout=DEADLINE,
                   capture_output=True)
    both.write_text(certificate.read_text() + key.read_text())
    return both


class Server:
    """`rondo serve --tls-cert` on a free port."""

    def __init__(self, certificate, *arguments):
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--port", "0", "--tls-cert", certificate, *arguments], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.greeting = self.process.stdout.readline()
        match = re.search(r"https://127\.0\.0\.1:(\d+) ", self.greeting)
        if not match:
            self.process.kill()
            raise AssertionError(self.greeting + self.process.stderr.read())
        self.port = int(match[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def wait_for(self, text):
        """The line on standard error that has `text`."""
        for line in self.process.stderr:
            if text in line:
                return line
        raise AssertionError(f"no line with {text!r}")

    def ask(self, trusted, path="/hello"):
        """(answer, certificate's common name), through Python's own TLS."""
        context = ssl.create_default_context(cafile=trusted)
        context.set_alpn_protocols(["h2", "http/1.1"])
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE) as tcp:
            with context.wrap_socket(tcp, server_hostname="localhost",
                                     suppress_ragged_eofs=False) as client:
                assert client.selected_alpn_protocol() == "http/1.1"
                client.sendall(request.encode())
                answer = b"".join(iter(lambda: client.recv(65536), b""))
                subject = dict(entry[0] for entry in client.getpeercert()["subject"])
                return answer, subject["commonName"]


@unittest.skipUnless(TOOLS["openssl"], "needs openssl")
class TlsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.certificate = make_certificate(self.folder, "first")

    def test_serves_python_curl_and_openssl(self):
        text = os.urandom(500_000)
        (self.folder / "file").write_bytes(text)
        with Server(self.certificate, self.folder) as server:
            answer, name = server.ask(self.certificate)
            self.assertTrue(answer.endswith(b"Hello, World!\n"), answer)
            self.assertEqual(name, "first")
            self.assertTrue(server.ask(self.certificate, "/file")[0].endswith(text))
            if TOOLS["curl"]:
                url = f"https://localhost:{server.port}"
                command = ["curl", "-sS", "--cacert", self.certificate]
                got = subprocess.run([*command, f"{url}/hello", f"{url}/hello"], timeout=DEADLINE,
                                     capture_output=True, check=True)
                self.assertEqual(got.stdout, b"Hello, World!\n" * 2)
                plain = subprocess.run([*command, url.replace("https", "http")], timeout=DEADLINE,
                                       capture_output=True, check=False)
                self.assertNotEqual(plain.returncode, 0)
            got = subprocess.run(
                ["openssl", "s_client", "-connect", f"localhost:{server.port}", "-CAfile",
                 self.certificate, "-verify_return_error", "-quiet"],
                input=b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                capture_output=True, timeout=DEADLINE, check=False)
            self.assertIn(b"Hello, World!\n", got.stdout)

    def reload(self, *arguments):
        with Server(self.certificate, *arguments) as server:
            self.assertEqual(server.ask(self.certificate)[1], "first")
            make_certificate(self.folder, "second")
            server.process.send_signal(signal.SIGHUP)
            server.wait_for("certificates that are there now")
            self.assertEqual(server.ask(self.certificate)[1], "second")
            (self.folder / "both.pem").write_text("nonsense")
            server.process.send_signal(signal.SIGHUP)
            line = server.wait_for("the old certificates stay")
            self.assertIn("both.pem: there is none", line)
            trusted = self.folder / "new-certificate.pem"
            self.assertEqual(server.ask(trusted)[1], "second")
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(DEADLINE), 0)

    def test_reloads_certificates(self):
        self.reload()

    def test_reloads_certificates_of_all_workers(self):
        self.reload("--workers", "2")

    def test_a_cluster_replaces_its_processes(self):
        with Server(self.certificate, "--cluster", "2") as server:
            self.assertEqual(server.ask(self.certificate)[1], "first")
            make_certificate(self.folder, "second")
            server.process.send_signal(signal.SIGHUP)
            server.wait_for("reloaded")
            self.assertEqual(server.ask(self.certificate)[1], "second")

    def test_says_what_is_wrong_with_a_file(self):
        empty = self.folder / "empty.pem"
        empty.write_text("")
        got = subprocess.run([PROGRAM, "serve", "--tls-cert", empty], capture_output=True,
                             text=True, timeout=DEADLINE, check=False)
        self.assertEqual(got.returncode, 2)
        self.assertIn(f"certificates in {empty}: there is none", got.stderr)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
