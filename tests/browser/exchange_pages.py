"""Where the pages about other systems are, for the tests that look at every page."""

NOT_PAGES = {
    "open311.discover",
    "open311.list_services",
    "open311.define_service",
    "open311.list_requests",
    "open311.show_request",
    "open311.redeem_token",
    "open311.list_updates",
    "open311.list_updates_too",
    "open311.show_photo",
}
DESK_PAGES = {
    "exchange_desk.list_keys": ["/console/exchange/keys"],
    "exchange_desk.list_hooks": ["/console/exchange/hooks"],
    "exchange_desk.list_messages": [
        "/console/exchange/messages?state=owed",
        "/console/exchange/messages",
    ],
    "exchange_desk.list_handovers": ["/console/exchange/handovers"],
}
