"""Deliveries to the account's server: one at a time for a phone, side by side for several."""

import logging
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from .chat import Chat, Shown
from .clock import Clock
from .crypto import MessageCipher
from .envelope import HONEST, Envelope, Forgery, Mode, seal
from .judge import HTTP_OK, Judge, Question, Verdict
from .store import Store
from .transport import NoAnswer, exchange

log = logging.getLogger("simulator.pusher")

DELIVERIES = 3
FAULT_SENTENCE = "该公众号提供的服务出现故障，请稍后再试"
KEPT_PUSHES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One message or event. `tells_of_faults`: the phone shows a notice when delivery fails."""

    openid: str
    kind: str
    xml: str
    max_articles: int
    tells_of_faults: bool = True
    deliveries: int = DELIVERIES
    copies: int = 1  # sent at the same moment, as when a retry overtakes a slow first delivery
    forgery: Forgery = HONEST


@dataclass(frozen=True, slots=True)
class Attempt:
    number: int
    status: int | None
    ms: int
    verdict: Verdict


@dataclass(slots=True)
class Outcome:
    push_id: int
    verdict: Verdict
    attempts: list[Attempt] = field(default_factory=list)


class Pusher:
    def __init__(
        self,
        *,
        callback_url: str,
        account: str,
        mode: Mode,
        cipher: MessageCipher,
        judge: Judge,
        store: Store,
        clock: Clock,
        chat: Chat,
        deadline_s: float = 5.0,
        retry_pause_s: float = 0.3,
        retries_same: bool = False,
    ) -> None:
        self._url = callback_url
        self._account = account
        self._mode = mode
        self._cipher = cipher
        self._judge = judge
        self._store = store
        self._clock = clock
        self._chat = chat
        self._deadline_s = deadline_s
        self._retry_pause_s = retry_pause_s
        self._retries_same = retries_same
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[tuple[int, Push, Future[Outcome]]]] = {}
        self._is_closed = threading.Event()
        # What a killed simulator was delivering will not be delivered.
        store.run("UPDATE pushes SET verdict = 'interrupted' WHERE verdict = 'pending'")

    def submit(self, push: Push) -> tuple[int, Future[Outcome]]:
        """Queue a push behind the earlier ones of the same phone; return its id at once."""
        push_id = self._store.run(
            "INSERT INTO pushes (openid, kind, xml, at) VALUES (?, ?, ?, ?)",
            push.openid,
            push.kind,
            push.xml,
            self._clock.now(),
        )
        future: Future[Outcome] = Future()
        with self._lock:
            queue = self._waiting.get(push.openid)
            if queue is None:
                self._waiting[push.openid] = deque([(push_id, push, future)])
                threading.Thread(target=self._work, args=(push.openid,), daemon=True).start()
            else:
                queue.append((push_id, push, future))
        return push_id, future

    def close(self) -> None:
        """Start nothing more; what is under way is left to end with the process."""
        self._is_closed.set()
        with self._lock:
            for queue in self._waiting.values():
                for _, _, future in queue:
                    future.cancel()

    def _work(self, openid: str) -> None:
        while not self._is_closed.is_set():
            with self._lock:
                queue = self._waiting[openid]
                if not queue:
                    del self._waiting[openid]
                    return
                push_id, push, future = queue.popleft()
            try:
                future.set_result(self._deliver(push_id, push))
            except Exception as error:
                if not self._is_closed.is_set():  # else the store is gone already
                    log.exception("push %d failed inside the simulator", push_id)
                future.set_exception(error)

    def _deliver(self, push_id: int, push: Push) -> Outcome:
        if push.copies > 1:
            attempts = self._at_once(push_id, push)
        else:
            attempts = self._one_after_another(push_id, push)
        outcome = Outcome(push_id, attempts[-1].verdict, attempts)
        with self._store.transaction():
            self._settle(push, outcome)
        log.info(
            "%s: %s%s, attempt %d, %d ms",
            push.kind,
            outcome.verdict.ruling,
            f" ({outcome.verdict.reason})" if outcome.verdict.reason else "",
            len(attempts),
            attempts[-1].ms,
        )
        return outcome

    def _one_after_another(self, push_id: int, push: Push) -> list[Attempt]:
        sealed = self._seal(push) if self._retries_same else None
        attempts = [self._attempt(push_id, push, 1, sealed)]
        while len(attempts) < push.deliveries and _is_sent_again(attempts[-1]):
            if attempts[-1].verdict.reason != "timeout":
                self._is_closed.wait(self._retry_pause_s)
            if self._is_closed.is_set():
                break
            attempts.append(self._attempt(push_id, push, len(attempts) + 1, sealed))
        return attempts

    def _at_once(self, push_id: int, push: Push) -> list[Attempt]:
        with ThreadPoolExecutor(push.copies) as pool:
            numbers = range(1, push.copies + 1)
            return list(pool.map(lambda number: self._attempt(push_id, push, number), numbers))

    def _attempt(
        self, push_id: int, push: Push, number: int, sealed: Envelope | None = None
    ) -> Attempt:
        began_at = self._clock.now()
        attempt = self._exchange(push, number, sealed or self._seal(push))
        self._store.run(
            "INSERT INTO attempts (push_id, attempt, at, status, ms, verdict, reason)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            push_id,
            number,
            began_at,
            attempt.status,
            attempt.ms,
            attempt.verdict.ruling,
            attempt.verdict.reason,
        )
        return attempt

    def _seal(self, push: Push) -> Envelope:
        return seal(
            push.xml,
            openid=push.openid,
            now=self._clock.push_now(),
            mode=self._mode,
            cipher=self._cipher,
            forgery=push.forgery,
        )

    def _exchange(self, push: Push, number: int, envelope: Envelope) -> Attempt:
        try:
            answer = exchange(
                "POST", self._url, envelope.query, envelope.body, deadline_s=self._deadline_s
            )
        except NoAnswer as error:
            return Attempt(number, None, error.ms, Verdict("no_answer", error.reason))
        question = Question(push.openid, self._account, push.max_articles)
        verdict = self._judge.rule(answer.status, answer.body, question)
        return Attempt(number, answer.status, answer.ms, verdict)

    def _settle(self, push: Push, outcome: Outcome) -> None:
        verdict = outcome.verdict
        if verdict.shown is not None:
            self._chat.add(push.openid, verdict.shown, sender="account", via="passive")
        elif verdict.is_failure and push.tells_of_faults:
            self._chat.add(push.openid, Shown("notice", FAULT_SENTENCE), sender="system")
        self._store.run(
            "UPDATE pushes SET verdict = ?, reason = ? WHERE id = ?",
            verdict.ruling,
            verdict.reason,
            outcome.push_id,
        )
        oldest = outcome.push_id - KEPT_PUSHES
        self._store.run("DELETE FROM pushes WHERE id < ?", oldest)
        self._store.run("DELETE FROM attempts WHERE push_id < ?", oldest)


def _is_sent_again(attempt: Attempt) -> bool:
    """Tell whether the platform tries again: no answer, or a status other than 200.

    A complete answer that breaks the rules is not asked for again; the phone shows the fault.
    """
    if attempt.verdict.ruling == "no_answer":
        return True
    return attempt.status is not None and attempt.status != HTTP_OK
