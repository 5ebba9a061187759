"""Whether the account is as it should be: what the platform says, beside what is set here."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from .client import Client, Quota

Network = IPv4Network | IPv6Network

# What we call, by the names that the platform counts them under.
ENDPOINTS = (
    "cgi-bin/stable_token",
    "cgi-bin/message/custom/send",
    "cgi-bin/message/template/send",
    "cgi-bin/message/subscribe/bizsend",
    "cgi-bin/media/get",
    "cgi-bin/qrcode/create",
    "cgi-bin/ticket/getticket",
)
NEARLY = 0.8  # of a day's quota: time to say so


@dataclass(frozen=True)
class Addresses:
    """Where deliveries come from, by the platform's word, and which of that we would refuse."""

    told: tuple[str, ...]
    refused: tuple[str, ...]


def networks(setting: str) -> tuple[Network, ...]:
    """Read addresses and networks with commas between them."""
    given = (part.strip() for part in setting.split(","))
    return tuple(ip_network(each, strict=False) for each in given if each)


def is_let_in(address: str | None, allowed: Iterable[Network]) -> bool:
    """Tell whether a delivery from this address is taken; an empty list takes all."""
    every = tuple(allowed)
    if not every:
        return True
    try:
        found = ip_address(address or "")
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in each for each in every)


def addresses(client: Client, setting: str) -> Addresses:
    """Ask the platform, and compare with the setting."""
    told, allowed = client.callback_addresses(), networks(setting)
    refused = tuple(each for each in told if allowed and not _is_covered(each, allowed))
    return Addresses(told, refused)


def _is_covered(told: str, allowed: Iterable[Network]) -> bool:
    try:
        wanted = ip_network(told, strict=False)
    except ValueError:
        return True  # nothing that a delivery could come from
    return any(_lies_in(wanted, each) for each in allowed)


def _lies_in(wanted: Network, network: Network) -> bool:
    if isinstance(wanted, IPv4Network) and isinstance(network, IPv4Network):
        return wanted.subnet_of(network)
    if isinstance(wanted, IPv6Network) and isinstance(network, IPv6Network):
        return wanted.subnet_of(network)
    return False


def quotas(client: Client) -> list[Quota]:
    """Return the day's counts of what we call."""
    return [client.quota(endpoint) for endpoint in ENDPOINTS]


def is_nearly_used_up(quota: Quota) -> bool:
    return quota.used >= NEARLY * quota.daily
