"""The whole platform in one object: what it remembers, how it pushes, and the phones."""

from .chat import Chat
from .clock import Clock
from .config import Config
from .faults import Faults
from .judge import Judge
from .media import MediaShelf
from .menu import Menu
from .notices import Notices
from .oauth import OAuth
from .pusher import Pusher
from .qrcodes import QrCodes
from .quotas import Quotas
from .store import Store
from .tokens import Tokens
from .users import Users
from .windows import Windows


class World:
    def __init__(self, config: Config) -> None:
        self.config = config
        self.store = Store(config.data_dir)
        self.clock = Clock(self.store)
        self.users = Users(self.store, self.clock)
        self.chat = Chat(self.store, self.clock)
        self.windows = Windows(self.store, self.clock)
        self.quotas = Quotas(self.store, self.clock)
        self.tokens = Tokens(self.store, self.clock, self.quotas)
        self.media = MediaShelf(self.store, self.clock)
        self.menu = Menu(self.store)
        self.notices = Notices(self.store, self.clock)
        self.oauth = OAuth(self.store, self.clock)
        self.qrcodes = QrCodes(self.store, self.clock)
        self.faults = Faults()
        cipher = config.cipher()
        self.pusher = Pusher(
            callback_url=config.callback_url,
            account=config.account,
            mode=config.mode,
            cipher=cipher,
            judge=Judge(cipher=cipher, mode=config.mode, type_of_medium=self.media.type_of),
            store=self.store,
            clock=self.clock,
            chat=self.chat,
            deadline_s=config.deadline_s,
            retry_pause_s=config.retry_pause_s,
            retries_same=config.retries_same,
        )
        self._furnish()

    def _furnish(self) -> None:
        if self.config.template_id:
            self.notices.define_default(self.config.template_id)
        if self.config.subscription_id:
            self.notices.define_default(self.config.subscription_id, self.config.subscription_kind)

    def reset(self) -> None:
        """Begin anew: no phones, no tokens, no menu, the clock right, no faults ordered."""
        self.faults.clear()
        with self.store.transaction():
            self.store.wipe()
            self._furnish()

    def close(self) -> None:
        self.pusher.close()
        self.store.close()
