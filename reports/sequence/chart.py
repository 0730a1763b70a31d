"""From the steps of a story to the shapes of a diagram, row by row from the top."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reports.records import FINAL_STATES, PAID_STATES, Manifest, PaymentState
from reports.sequence.layout import NARROW, WIDE, Layout
from reports.sequence.shapes import Box, Mark, Shape, Stroke, Text
from reports.spans import duration, moment
from reports.story import Message, Step, Who

_MICROSECONDS = 1_000_000
_GAP_US = 10 * _MICROSECONDS  # a longer silence is compressed, and said
_TOP, _GAP_HEIGHT, _SLANT, _PADDING = 40, 40, 16, 12
_PILL_MAX = 180  # a state that nobody has heard of may be long
_BAND = 8  # how wide the payment's state is drawn on the service's lifeline


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagram:
    """One drawing of a story; the shapes stand in the order in which they are painted."""

    name: str  # of the size
    width: int
    height: float
    shapes: tuple[Shape, ...]


def draw_story(steps: Sequence[Step], manifest: Manifest) -> tuple[Diagram, ...]:
    """Return the diagrams of a story in every size; none of a story without steps."""
    return tuple(_Chart(layout, manifest).drawn(steps) for layout in (WIDE, NARROW)) if steps else ()


class _Chart:
    """A diagram that grows downwards."""

    def __init__(self, layout: Layout, manifest: Manifest) -> None:
        self._layout = layout
        self._manifest = manifest
        self._y: float = _TOP
        self._front: list[Shape] = []
        self._back: list[Shape] = []  # painted first: what the rows lie on
        self._state: tuple[str, float] | None = None  # the state of the payment, and since which height
        self._has_band = True

    def drawn(self, steps: Sequence[Step]) -> Diagram:
        """Draw all steps."""
        # Two payments have two states, and there is one lifeline.
        self._has_band = len({step.payment_id for step in steps if step.payment_id is not None}) == 1
        before_us = steps[0].line.at_us
        for step in steps:
            self._silence(before_us, step.line.at_us)
            self._step(step)
            before_us = step.line.at_us
        self._end_state()
        height = self._y + _PADDING
        lifelines = [Stroke(x1=x, y1=_TOP - 12, x2=x, y2=height, kind="life") for x in self._layout.lanes.values()]
        shapes = (*lifelines, *self._back, *self._heads(), *self._front)
        return Diagram(name=self._layout.name, width=self._layout.width, height=height, shapes=shapes)

    def _heads(self) -> Iterator[Shape]:
        for who, x in self._layout.lanes.items():
            title = who.value if who is Who.PSP else who.value.capitalize()
            yield Text(x=x, y=18, lines=(title,), kind="name", anchor="middle")

    def _silence(self, before_us: int, at_us: int) -> None:
        """Say how long nothing happened, and that the storm ended meanwhile."""
        storm_ended = before_us < self._manifest.storm_ended_at_us <= at_us
        if at_us - before_us < _GAP_US and not storm_ended:
            return
        said = f"{duration((at_us - before_us) / _MICROSECONDS)} later"
        text = f"{said}; the storm is over" if storm_ended else said
        width, y = self._layout.width, self._y
        self._back.append(Box(x=0, y=y + 8, width=width, height=_GAP_HEIGHT - 16, kind="gap"))
        between = (self._layout.lanes[Who.SERVICE] + self._layout.lanes[Who.WORKER]) / 2
        self._front.append(Text(x=between, y=y + 24.5, lines=(text,), kind="said", anchor="middle"))
        self._y += _GAP_HEIGHT

    def _step(self, step: Step) -> None:
        top = self._y
        self._time(step, top)
        for message in step.messages:
            self._message(message, is_fault=step.line.is_fault)
        if step.state is not None:
            self._enter(step, step.state)
        elif not step.messages:
            self._note(step)
        self._y += _PADDING / 2

    def _time(self, step: Step, top: float) -> None:
        time = moment((step.line.at_us - self._manifest.started_at_us) / _MICROSECONDS)
        self._front.append(Text(x=4 if not self._layout.has_gutter else 0, y=top + 13, lines=(time,), kind="time"))
        if step.line.is_fault:
            x = 90
            self._front.append(Mark(x=x, y=top + 9, sign="bolt", kind="fault"))
        if not self._layout.has_gutter:
            self._y += 14

    def _message(self, message: Message, *, is_fault: bool) -> None:
        layout = self._layout
        here, there = layout.lanes[message.source], layout.lanes[message.target]
        kind = " ".join(
            name
            for name, is_so in (("fault", is_fault), ("reply", message.is_reply), ("lost", message.is_lost))
            if is_so
        )
        x, anchor, width = layout.span(here, there)
        lines = layout.wrapped(message.label, width)
        self._front.append(Text(x=x, y=self._y + 13, lines=lines, kind=kind, anchor=anchor))
        y = self._y + len(lines) * layout.line + 5
        self._arrow(here, there, y, message, kind)
        self._y = y + (_SLANT if message.is_late else 0) + 6

    def _arrow(self, here: float, there: float, y: float, message: Message, kind: str) -> None:
        towards = 1 if there > here else -1
        end_y = y + (_SLANT if message.is_late else 0)
        if message.is_lost:
            # It ends on its way.
            there, end_y = here + (there - here) * 0.62, y + (end_y - y) * 0.62
            self._front.append(Stroke(x1=here, y1=y, x2=there - towards * 5, y2=end_y, kind=f"arrow {kind}"))
            self._front.append(Mark(x=there, y=end_y, sign="cross", kind=kind))
            return
        self._front.append(Stroke(x1=here, y1=y, x2=there - towards * 3, y2=end_y, kind=f"arrow {kind}"))
        self._front.append(Mark(x=there, y=end_y, sign="head" if towards > 0 else "tail", kind=kind))

    def _enter(self, step: Step, state: str) -> None:
        """Show on the service's lifeline what the payment became."""
        layout, x = self._layout, self._layout.lanes[Who.SERVICE]
        self._end_state()
        [shown] = layout.wrapped(state, _PILL_MAX)[:1]
        width, height = layout.wide_as(shown) + 22, 20
        y = self._y + 2
        self._front.append(Box(x=x - width / 2, y=y, width=width, height=height, kind=_tone(state), radius=10))
        self._front.append(Text(x=x, y=y + 14, lines=(shown,), kind=f"state {_tone(state)}", anchor="middle"))
        if step.result:
            at, anchor, room = layout.beside(x + width / 2 + 8)
            lines = layout.wrapped(step.result, room)
            self._front.append(Text(x=at, y=y + 14, lines=lines, anchor=anchor))
            self._y += layout.line * (len(lines) - 1)
        self._y += height + 6
        self._state = (state, y + height / 2) if self._has_band else None

    def _end_state(self) -> None:
        if self._state is None:
            return
        (state, since), x = self._state, self._layout.lanes[Who.SERVICE]
        self._back.append(
            Box(x=x - _BAND / 2, y=since, width=_BAND, height=self._y - since, kind=f"band {_tone(state)}")
        )
        self._state = None

    def _note(self, step: Step) -> None:
        """Write what happened at one place, on its lifeline."""
        layout, x = self._layout, self._layout.lanes[step.line.who]
        lines = layout.wrapped(step.line.what, 200 if layout.has_gutter else layout.width - 24)
        width = max(layout.wide_as(line) for line in lines) + 20
        height = len(lines) * layout.line + 8
        left = min(max(x - width / 2, 0), layout.width - width)
        kind = "note fault" if step.line.is_fault else "note"
        self._front.append(Box(x=left, y=self._y + 2, width=width, height=height, kind=kind, radius=4))
        self._front.append(
            Text(x=left + 10, y=self._y + 17, lines=lines, kind="fault" if step.line.is_fault else "plain")
        )
        self._y += height + 6


def _tone(state: str) -> str:
    """Return how good a state is, as a class: on its way, paid, or not."""
    if state in PAID_STATES:
        return "paid"
    if state in FINAL_STATES:
        return "unpaid"
    return "moving" if state in set(PaymentState) else "unpaid"
