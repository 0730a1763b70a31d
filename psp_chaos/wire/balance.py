"""The balance and its transactions, as the provider reports them."""

from psp_chaos.answers import Answer
from psp_chaos.money.settlement import SettlementLine
from psp_chaos.operations import Operation
from psp_chaos.wire.answers import answer
from psp_chaos.wire.balance_objects import TYPES, balance
from psp_chaos.wire.calls import AnyOffer, Call, Offer
from psp_chaos.wire.counters import Counter
from psp_chaos.wire.fields import Currency, Name
from psp_chaos.wire.pages import Pages
from psp_chaos.wire.parameters import Page, Parameters
from psp_chaos.wire.realms import Realm

URL = "/v1/balance_transactions"


class ListBalanceTransactions(Page):
    """`GET /v1/balance_transactions`."""

    currency: Currency | None = None
    payout: Name | None = None
    source: Name | None = None
    type: Name | None = None


class BalanceTransactions(Counter[SettlementLine]):
    """What a merchant can ask about its balance."""

    kind = "balance_transaction"
    noun = "balance transaction"

    def __init__(self, realm: Realm) -> None:
        super().__init__(realm)
        self._ledger = realm.ledger
        self._settlement = realm.settlement
        self._show = self._presenter.balance_transaction
        self._pages = Pages(realm.settlement.lines, url=URL, show=self._show, clock=realm.clock)

    def balance(self, _call: Call[Parameters]) -> Answer:
        """Show what is available and what is not yet."""
        return answer(balance(self._ledger.balances(), is_live=self._realm.is_live))

    def retrieve(self, call: Call[Parameters]) -> Answer:
        """Show a line of the settlement."""
        line = self._named(self._settlement.lines, call.object_id)
        if not self._settlement.is_visible(line):
            raise self._missing(line.id)
        return self._shown(call, line, self._show)

    def listed(self, call: Call[ListBalanceTransactions]) -> Answer:
        """Show a page of lines, of everything or of one source, type, currency or payout."""
        wanted = call.parameters
        source = None if wanted.source is None else {line.id: line for line in self._settlement.of(wanted.source)}
        return self._page(call, self._pages, among=source, where=lambda line: self._is_wanted(line, wanted))

    def _is_wanted(self, line: SettlementLine, wanted: ListBalanceTransactions) -> bool:
        return (
            self._settlement.is_visible(line)
            and (wanted.currency is None or line.currency == wanted.currency)
            and (wanted.type is None or TYPES[line.kind][0] == wanted.type)
            and (wanted.payout is None or self._ledger.movements[line.movement_id].payout_id == wanted.payout)
        )


BALANCE_OFFERS: tuple[AnyOffer, ...] = (
    Offer(
        operation=Operation.RETRIEVE_BALANCE,
        method="GET",
        path="/v1/balance",
        parameters=Parameters,
        counter=BalanceTransactions,
        perform=BalanceTransactions.balance,
    ),
    Offer(
        operation=Operation.RETRIEVE_BALANCE_TRANSACTION,
        method="GET",
        path=URL + "/{id}",
        parameters=Parameters,
        counter=BalanceTransactions,
        perform=BalanceTransactions.retrieve,
        shows="balance_transaction",
    ),
    Offer(
        operation=Operation.LIST_BALANCE_TRANSACTIONS,
        method="GET",
        path=URL,
        parameters=ListBalanceTransactions,
        counter=BalanceTransactions,
        perform=BalanceTransactions.listed,
        shows="balance_transactions",
    ),
)
