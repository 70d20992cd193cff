"""`python -m local.gateway`: the one address of the local system in the browser.

/_local/ses/…    the SES emulator, for the functions (AWS_ENDPOINT_URL_SESV2)
/_local/sns/…    the confirmations of alarm addresses, for the doctor
/_local/dns…     the port of the local DNS server and changes of its records, for the doctor
/_local/…        inbox, desk and log, for a person
everything else  the site and its API, as behind the CDN
"""

import argparse
import contextlib
import os
import time
from functools import partial
from pathlib import Path

from botocore.exceptions import BotoCoreError
from flask import Flask, Response, render_template, request

from broadsheet.newsletter import Newsletter
from broadsheet.newsletter_file import read_newsletter
from infrastructure.build import ROOT
from infrastructure.dns_records import DNSRecord, mail_records
from local import credentials, desk, inbox, log_page, private
from local.cached import Cached
from local.cdn import Cdn
from local.distribution import read_distribution
from local.dns import Zone, dns_control
from local.engine import REGION
from local.key_value_store import RedirectStore
from local.overload import Overloaded
from local.server import LARGEST_REQUEST_BYTES, serve
from local.ses import api
from local.ses.account import SESAccount, Settings
from local.ses.configuration_sets import engine_destinations
from local.ses.emulator import SESEmulator
from local.ses.faults import Faults
from local.ses.identities import Identities, engine_identities
from local.ses.identity_api import as_answer
from local.ses.outbox import Outbox
from local.ses.publisher import Publisher, publish_to_engine
from local.sns import sns_api
from local.stack import LocalStack, StackMissingError
from local.system import STACK

HOSTS = ("127.0.0.1", "localhost")
SITES_OF_OURS = ("same-origin", "none")


def create_app(stack: LocalStack, state: Path) -> Flask:
    """The gateway over one stack; its mail is stored in `state`."""
    app = Flask("local", root_path=str(Path(__file__).parent), static_url_path="/_local/static")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST_BYTES
    outbox = Outbox(state)
    emulator = SESEmulator(
        account=SESAccount(Settings(), time.time),
        outbox=outbox,
        destinations=engine_destinations(stack),
        identities=Identities(engine_identities(stack), state / "identities.json"),
        publisher=Publisher(publish_to_engine(stack), outbox.store),
        region=stack.region,
        clock=time.time,
    )
    failures = log_page.FailedRequests()
    app.before_request(_refuse_other_hosts)
    app.before_request(_refuse_other_sites)
    overloaded = Overloaded(lambda: _newsletter().at(request.host_url.rstrip("/")))
    redirects = RedirectStore(stack)
    cdn = Cdn(stack, Cached(lambda: read_distribution(stack, redirects)), overloaded)
    app.before_request(partial(_site, cdn, failures))
    api.install(app, emulator, Faults())
    app.register_blueprint(sns_api(stack))
    app.register_blueprint(dns_control(Zone(lambda: _needed_records(emulator.identities, stack.region)), []))
    app.register_blueprint(inbox.inbox_pages(emulator.outbox))
    app.register_blueprint(desk.desk_pages(stack))
    app.register_blueprint(log_page.log_pages(stack, failures))
    app.add_url_rule("/_local/", "start", lambda: render_template("start.html", stack=stack.name))
    app.register_error_handler(StackMissingError, lambda error: _unavailable(str(error)))
    app.register_error_handler(
        BotoCoreError,
        lambda error: _unavailable(f"The local engine did not answer ({type(error).__name__})."),
    )
    return app


def _newsletter() -> Newsletter:
    """The newsletter as it would be deployed now."""
    return read_newsletter((ROOT / "newsletter.toml").read_text(encoding="utf-8"))


def _needed_records(identities: Identities, region: str) -> list[DNSRecord]:
    """The DNS records that SES requires of each domain, as if an operator had made all of them."""
    return [
        record
        for identity in identities.all().values()
        if identity.is_domain
        for record in mail_records(identity.name, as_answer(identity), region, f"postmaster@{identity.name}")
    ]


def _refuse_other_hosts() -> Response | None:
    """Refuse every other host name: somebody else's name may resolve to this machine (DNS rebinding)."""
    port = request.environ["SERVER_PORT"]
    suffix = "" if port == "80" else f":{port}"
    if request.headers.get("Host", "").lower() in {f"{name}{suffix}" for name in HOSTS}:
        return None
    return _refusal(f"This is the local system of http://{HOSTS[0]}{suffix}/ and of no other address.\n")


def _refuse_other_sites() -> Response | None:
    """Refuse requests under /_local/ that another site's page caused, even to read.

    Site and API accept such requests, as on AWS: a form on a mirror posts sign-ups here.
    """
    origin = request.headers.get("Origin")
    is_foreign = origin is not None and origin != f"http://{request.host}"
    is_foreign = is_foreign or request.headers.get("Sec-Fetch-Site", "none") not in SITES_OF_OURS
    if _is_local(request.path) and is_foreign:
        return _refusal("Another site sent you here. Type the address to open it.\n")
    return None


def _is_local(path: str) -> bool:
    return path == "/_local" or path.startswith("/_local/")


def _refusal(why: str) -> Response:
    return Response(why, 403, content_type="text/plain")


def _site(cdn: Cdn, failures: log_page.FailedRequests) -> Response | None:
    if _is_local(request.path):
        return None
    response = cdn.serve(request)
    if request.path.startswith("/api/"):
        failures.note(request.method, request.path, response.status_code)
    return response


def _unavailable(reason: str) -> tuple[str, int]:
    return render_template("missing.html", reason=reason), 503


def main() -> None:
    """Run the gateway until it is interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m local.gateway", description="The local system's address."
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--endpoint", required=True, help="where MiniStack listens")
    parser.add_argument("--state", type=Path, required=True, help="where emails are kept")
    given = parser.parse_args()
    os.umask(private.UMASK)
    stack = LocalStack(given.endpoint, REGION, STACK, credentials.secret_of(given.state))
    server = serve(create_app(stack, given.state), given.port)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    main()
