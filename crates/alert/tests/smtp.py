"""An SMTP server that prints every mail as a line of JSON: aiosmtpd of Debian (python3-aiosmtpd).

Arguments: `plain`, `starttls` or `tls`, then for the latter two certificate and key.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Printer:
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        line = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "headers": {name.lower(): str(value) for name, value in mail.items()},
            "text": mail.get_body(("plain",)).get_content(),
            "html": page.get_content() if (page := mail.get_body(("html",))) else None,
            "tls": server.transport.get_extra_info("sslcontext") is not None,
        }
        print(json.dumps(line), flush=True)
        return "250 taken"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("later"):
            return "450 later"
        if address.startswith("never"):
            return "550 never"
        envelope.rcpt_tos.append(address)
        return "250 OK"


def login(server, session, envelope, mechanism, data):
    good = data.login == b"shop" and data.password == b"correct horse"
    return AuthResult(success=good, handled=False)


security, *files = sys.argv[1:]
context = None
if files:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*files)


def connection():
    return SMTP(
        Printer(),
        hostname="mail.test",
        tls_context=context if security == "starttls" else None,
        require_starttls=security == "starttls",
        authenticator=login if security == "starttls" else None,
        auth_required=security == "starttls",
    )


async def serve():
    tls = context if security == "tls" else None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(connection, "127.0.0.1", 0, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(serve())
