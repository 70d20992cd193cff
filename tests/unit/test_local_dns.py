"""The local DNS server answers as a name server does, and a record can be taken away or falsified."""

import socket
from collections.abc import Iterator
from typing import Any

import dns.message
import dns.query
import dns.rcode
import pytest
from flask import Flask

from infrastructure.dns_records import DNSRecord
from local.dns import DnsServer, Zone, dns_control

LONG = "v=DMARC1; p=none; rua=mailto:editors@example.org"


@pytest.fixture
def zone() -> Zone:
    return Zone(
        lambda: [
            DNSRecord("one._domainkey.example.org", "CNAME", "one.dkim.amazonses.com"),
            DNSRecord("bounce.example.org", "MX", "10 feedback-smtp.eu-central-1.amazonses.com"),
            DNSRecord("bounce.example.org", "TXT", "v=spf1 include:amazonses.com ~all"),
            DNSRecord("_dmarc.example.org", "TXT", LONG),
        ]
    )


@pytest.fixture
def server(zone: Zone) -> Iterator[DnsServer]:
    running = DnsServer(zone)
    yield running
    running.close()


def asked(server: DnsServer, name: str, kind: str) -> tuple[dns.rcode.Rcode, list[str]]:
    answer = dns.query.udp(dns.message.make_query(name, kind), "127.0.0.1", port=server.port, timeout=5)
    return answer.rcode(), [str(record) for rrset in answer.answer for record in rrset]


@pytest.mark.parametrize(
    ("name", "kind", "answer"),
    [
        ("one._domainkey.example.org", "CNAME", "one.dkim.amazonses.com."),
        ("ONE._domainkey.example.org", "TXT", "one.dkim.amazonses.com."),  # a CNAME answers for every kind
        ("bounce.example.org", "MX", "10 feedback-smtp.eu-central-1.amazonses.com."),
        ("bounce.example.org", "TXT", '"v=spf1 include:amazonses.com ~all"'),
        ("_dmarc.example.org", "TXT", f'"{LONG}"'),
    ],
)
def test_a_dns_record_is_answered(name: str, kind: str, answer: str, server: DnsServer) -> None:
    assert asked(server, name, kind) == (dns.rcode.NOERROR, [answer])


def test_a_name_that_is_not_there_is_distinguished_from_one_without_such_a_record(server: DnsServer) -> None:
    assert asked(server, "nowhere.example.org", "TXT") == (dns.rcode.NXDOMAIN, [])
    assert asked(server, "bounce.example.org", "A") == (dns.rcode.NOERROR, [])


def test_a_change_overrides_the_dns_records_until_it_is_undone(zone: Zone, server: DnsServer) -> None:
    zone.change("bounce.example.org", "MX", ["20 mx.example.net"])
    zone.change("_dmarc.example.org", "TXT", [])
    assert asked(server, "bounce.example.org", "MX")[1] == ["20 mx.example.net."]
    assert asked(server, "_dmarc.example.org", "TXT")[0] == dns.rcode.NXDOMAIN
    zone.restore()
    assert asked(server, "_dmarc.example.org", "TXT")[1] == [f'"{LONG}"']


def test_a_malformed_query_gets_no_answer_and_the_next_one_does(server: DnsServer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"not a question", ("127.0.0.1", server.port))
    assert asked(server, "_dmarc.example.org", "TXT")[0] == dns.rcode.NOERROR


def test_the_control_routes_say_where_it_listens_and_change_records(zone: Zone) -> None:
    app = Flask("knobs")
    servers: list[DnsServer] = []
    app.register_blueprint(dns_control(zone, servers))
    client = app.test_client()
    port = client.get("/_local/dns").get_json()["port"]
    assert client.get("/_local/dns").get_json()["port"] == port
    change: dict[str, Any] = {"name": "_dmarc.example.org", "kind": "TXT", "values": ["v=DMARC1; p=reject"]}
    assert client.put("/_local/dns/changes", json=change).get_json() == {
        "_dmarc.example.org TXT": ["v=DMARC1; p=reject"]
    }
    (server,) = servers
    assert asked(server, "_dmarc.example.org", "TXT")[1] == ['"v=DMARC1; p=reject"']
    assert client.put("/_local/dns/changes", json={**change, "kind": "SRV"}).status_code == 400
    assert client.delete("/_local/dns/changes").status_code == 204
    assert asked(server, "_dmarc.example.org", "TXT")[1] == [f'"{LONG}"']
    server.close()
