"""What a first deployment asks a person at a terminal."""

from collections.abc import Callable, Mapping

Prompt = Callable[[str, str], str]

_QUESTIONS = {
    "DomainName": "A domain of your own for site and API (empty: the CDN's)",
    "CertificateArn": "Its certificate's ARN, from ACM in us-east-1",
    "AlarmAddress": "Where alarms are mailed (empty: nowhere)",
}


def ask_parameters(prompt: Prompt, known: Mapping[str, str]) -> dict[str, str]:
    """The few parameters that a template can't guess; what is in `known` is not asked for.

    A certificate is asked for only where there is a domain. Other parameters have defaults that do.
    """
    answers: dict[str, str] = {}
    for name, question in _QUESTIONS.items():
        has_domain = bool({**known, **answers}.get("DomainName"))
        if name not in known and (name != "CertificateArn" or has_domain):
            answers[name] = prompt(question, "").strip()
    return answers
