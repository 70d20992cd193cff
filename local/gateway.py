"""`python -m local.gateway`: the one address of the local system in the browser.

/_local/ses/…    the SES emulator, for the functions (AWS_ENDPOINT_URL_SESV2)
/_local/sns/…    which addresses of alarms have confirmed, for the doctor
/_local/dns…     where DNS is answered, for the doctor
/_local/…        inbox, desk and log, for a person
everything else  the site and its API, as behind the CDN
"""

import argparse
import os
import time
from pathlib import Path

from botocore.exceptions import BotoCoreError
from flask import Flask, Response, render_template, request

from infrastructure.dns_records import DNSRecord, mail_records
from local import credentials, desk, inbox, log_page, private
from local.cdn import Cdn
from local.distribution import deployed_distribution
from local.dns import Zone, dns_control
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

HOSTS = ("127.0.0.1", "localhost")
FETCHED_BY_OURSELVES = ("same-origin", "none")


def create_app(stack: LocalStack, state: Path, settings: Settings) -> Flask:
    """The gateway over one stack; its mail lies under `state`."""
    app = Flask("local", root_path=str(Path(__file__).parent), static_url_path="/_local/static")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST_BYTES
    emulator = SESEmulator(
        account=SESAccount(settings, time.time),
        outbox=Outbox(state),
        destinations=engine_destinations(stack),
        identities=Identities(engine_identities(stack), state / "identities.json"),
        publisher=Publisher(publish_to_engine(stack)),
        region=stack.region,
        clock=time.time,
    )
    failures = log_page.FailedRequests()
    _guard(app)
    _serve_the_site(app, Cdn(stack, deployed_distribution(stack)), failures)
    api.install(app, emulator, Faults())
    app.register_blueprint(sns_api(stack))
    app.register_blueprint(dns_control(Zone(lambda: _needed_records(emulator.identities, stack.region)), []))
    app.register_blueprint(inbox.inbox_pages(emulator.outbox))
    app.register_blueprint(desk.desk_pages(stack))
    app.register_blueprint(log_page.log_pages(stack, failures))
    app.add_url_rule("/_local/", "start", lambda: render_template("start.html", stack=stack.name))
    app.register_error_handler(StackMissingError, _nothing_deployed)
    app.register_error_handler(BotoCoreError, _no_engine)
    return app


def _needed_records(identities: Identities, region: str) -> list[DNSRecord]:
    """What SES wants to find in DNS of each domain, as if an operator had put all of it there."""
    return [
        record
        for identity in identities.all().values()
        if identity.is_domain
        for record in mail_records(identity.name, as_answer(identity), region, f"postmaster@{identity.name}")
    ]


def _guard(app: Flask) -> None:
    @app.before_request
    def refuse_other_hosts() -> Response | None:
        """A name of somebody else's may lead to this machine (DNS rebinding): nothing is served under it."""
        port = request.environ["SERVER_PORT"]
        suffix = "" if port == "80" else f":{port}"
        if request.headers.get("Host", "").lower() in {f"{name}{suffix}" for name in HOSTS}:
            return None
        return _refusal(f"This is the local system of http://{HOSTS[0]}{suffix}/ and of no other address.\n")

    @app.before_request
    def refuse_other_sites() -> Response | None:
        """Under /_local/ a request must come from a page of ours, or from no page at all, even to read.

        Site and API take what comes, as on AWS: a mirror's form posts sign-ups here.
        """
        if not _is_for_a_person_here(request.path):
            return None
        origin = request.headers.get("Origin")
        elsewhere = origin is not None and origin != f"http://{request.host}"
        if elsewhere or request.headers.get("Sec-Fetch-Site", "none") not in FETCHED_BY_OURSELVES:
            return _refusal("Another site sent you here. Type the address to open it.\n")
        return None


def _is_for_a_person_here(path: str) -> bool:
    return path == "/_local" or path.startswith("/_local/")


def _refusal(why: str) -> Response:
    return Response(why, 403, content_type="text/plain")


def _serve_the_site(app: Flask, cdn: Cdn, failures: log_page.FailedRequests) -> None:
    @app.before_request
    def serve_the_site() -> Response | None:
        if _is_for_a_person_here(request.path):
            return None
        response = cdn.serve(request)
        if request.path.startswith("/api/"):
            failures.note(request.method, request.path, response.status_code)
        return response


def _nothing_deployed(error: StackMissingError) -> tuple[str, int]:
    return render_template("missing.html", reason=str(error)), 503


def _no_engine(error: BotoCoreError) -> tuple[str, int]:
    reason = f"The local engine did not answer ({type(error).__name__})."
    return render_template("missing.html", reason=reason), 503


def main() -> None:
    """Run the gateway until it is interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m local.gateway", description="The local system's address."
    )
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--endpoint", default="http://127.0.0.1:4566", help="where MiniStack listens")
    parser.add_argument("--state", type=Path, default=Path(".local"), help="where the mail is kept")
    parser.add_argument("--region", default="eu-central-1")
    parser.add_argument("--stack", default="broadsheet")
    parser.add_argument("--max-send-rate", type=float, default=200, help="recipients a second")
    parser.add_argument("--max-24-hour-send", type=float, default=50_000, help="recipients a day")
    given = parser.parse_args()
    os.umask(private.UMASK)
    settings = Settings(max_send_rate=given.max_send_rate, max_24_hour_send=given.max_24_hour_send)
    stack = LocalStack(given.endpoint, given.region, given.stack, credentials.secret_of(given.state))
    app = create_app(stack, given.state, settings)
    server = serve(app, given.port)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
