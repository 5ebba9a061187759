"""One message on its way: read, call with no transaction open, write."""

from collections.abc import Callable

import cases
from kernel import calling, clock
from kernel.database import transaction
from kernel.settings import Settings

from . import addresses, gateway, outbox, webhooks
from .adapters import Account, Adapter, Declined, Open311, Soap


def adapter_of(settings: Settings) -> Adapter | None:
    """Return how the other platform is spoken to, None where there is none."""
    if not settings.gateway:
        return None
    account = Account(
        url=settings.gateway_url,
        name=settings.gateway_account,
        secret=settings.gateway_secret.get_secret_value(),
        may_be_private=settings.exchange_private_addresses,
        district_code=settings.open311_jurisdiction,
        district_name=settings.district_name,
    )
    return Soap(account) if settings.gateway == "soap" else Open311(account)


def deliver(message_id: int, settings: Settings) -> None:
    """Send a message if it may be sent now."""
    with transaction() as session:
        message = outbox.claim(session, message_id)
    if message is None:
        return
    if message.hook_id is None:
        _to_the_gateway(message, settings)
    else:
        _to_a_webhook(message, message.hook_id, settings)


def _to_a_webhook(message: outbox.Owed, hook_id: int, settings: Settings) -> None:
    with transaction() as session:
        addressee = webhooks.addressee(session, hook_id)
        if addressee is None:
            outbox.settle(session, message, state="dropped", fault="订阅已停用")
    if addressee is None:
        return
    body = message.body.encode()
    secret = webhooks.secret_of(addressee.salt, settings.secret_key.get_secret_value())
    try:
        told = calling.call(
            "POST",
            addressee.url,
            body=body,
            headers=webhooks.headers(secret, message.id, body, clock.now()),
            may_be_private=settings.exchange_private_addresses,
        )
    except calling.CallFailed as trouble:
        with transaction() as session:
            outbox.fail(session, message, str(trouble))
        return
    with transaction() as session:
        if 200 <= told.status < 300:
            outbox.settle(session, message)
        elif told.status == 410:
            # As the Standard Webhooks have it: nobody lives there any more.
            outbox.settle(session, message, state="dead", fault="HTTP 410，订阅已停用")
            webhooks.end(session, hook_id=hook_id)
        else:
            outbox.fail(session, message, f"HTTP {told.status}", pause_s=told.retry_after_s)


def _to_the_gateway(message: outbox.Owed, settings: Settings) -> None:
    adapter = adapter_of(settings)
    with transaction() as session:
        found = gateway.delivery(session, message) if adapter else None
        if found is None:
            outbox.settle(session, message, state="dropped", fault="对接已关闭")
    if adapter is None or found is None:
        return
    try:
        after = _tell(adapter, found, message.case_id, settings)
    except calling.CallFailed as trouble:
        with transaction() as session:
            outbox.fail(session, message, str(trouble), is_final=isinstance(trouble, Declined))
        return
    with transaction() as session:
        after(session)
        outbox.settle(session, message)


def _tell(
    adapter: Adapter, found: gateway.Delivery, case_id: int, settings: Settings
) -> Callable[..., None]:
    """Tell it, and return what is to be written afterwards."""
    if not found.is_handed_over:
        named = adapter.dispatch(found.case, found.step, _photos(found.case, settings))
        return lambda session: gateway.handed_over(session, case_id, named)
    number = found.number or adapter.number_of(found.token or "")
    if number is None:
        raise calling.CallFailed("对方还没有给出编号")
    adapter.tell(found.case, found.step, number)
    return lambda session: gateway.learn_number(session, case_id, number)


def _photos(case: cases.OutwardCase, settings: Settings) -> list[str]:
    if case.photo_id is None:
        return []
    secret = settings.secret_key.get_secret_value()
    return [addresses.photo_url(settings.public_url, secret, case.photo_id)]


def ask(settings: Settings) -> None:
    """Ask the other platform for the states of cases, where it does not tell them itself."""
    adapter = adapter_of(settings)
    if adapter is None:
        return
    with transaction() as session:
        wanted = gateway.to_ask(session)
    if not wanted:
        return
    told = adapter.ask(list(wanted))
    with transaction() as session:
        for number, name in sorted(told.items()):
            if number in wanted:
                gateway.learn(session, wanted[number], name)
