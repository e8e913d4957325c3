"""The default engine: a policy becomes the source of one Python function for the rules in force on a day.

The source consists of the typed form, names made here, and constants that are passed in; no text of a policy ever
stands in it. Each condition becomes two expressions, provably true and provably false; a rule asks first whether its
duty is provably met, and reads the rest only if not.

The function walks each collection once, with every rule about it inside the loop, so that an element's values are read
once. Answers are sorted by rule at the end.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, Final

from sovereign.jurisdiction import Groups
from sovereign.policy.attributes import COLLECTIONS, root_of
from sovereign.policy.backends.day import boundary, places_of
from sovereign.policy.backends.expressions import (
    FALSE,
    ORDER,
    TRUE,
    Names,
    Pair,
    compared,
    either,
    joined,
    roles_of,
    wide_places,
)
from sovereign.policy.backends.protocol import WHOLE, Answer, Evaluator
from sovereign.policy.ir import (
    All,
    Any_,
    Condition,
    Constant,
    Effect,
    ForEach,
    Not,
    Op,
    Policy,
    Quantified,
    Rule,
    Test,
)
from sovereign.policy.outcome import Outcome
from sovereign.policy.view import View

__all__ = ["source", "source_text"]

_ELEMENT_ROOTS: Final = frozenset(COLLECTIONS.values())


def source(policy: Policy, day: date, groups: Groups) -> Evaluator:
    """Return the evaluator of a policy for one legal day."""
    rules = tuple(position for position, rule in enumerate(policy.rules) if policy.in_force(rule, day))
    code, constants = _compiled(policy, rules)
    make: Callable[..., Callable[..., list[Answer]]] = code
    run = make(*(constant(day, groups) for constant in constants))

    def evaluate(view: View) -> list[Answer]:
        return run(view.root.get, view.placements, view.collections.get)

    return evaluate


def source_text(policy: Policy, rules: Iterable[int]) -> str:
    """Return the generated source, for people who want to read it."""
    return _Writer(policy, tuple(rules)).text()


Constants = tuple[Callable[[date, Groups], Any], ...]


def _compiled(policy: Policy, rules: tuple[int, ...]) -> tuple[Any, Constants]:
    writer = _Writer(policy, rules)
    namespace: dict[str, Any] = {"DENY": Outcome.DENY, "UNDECIDED": Outcome.UNDECIDED}
    namespace |= {"NOT_APPLICABLE": Outcome.NOT_APPLICABLE, "ADVICE": Outcome.ADVICE, "enumerate": enumerate}
    namespace["__builtins__"] = {}
    exec(compile(writer.text(), f"<policy {policy.sha256[:12]}>", "exec"), namespace)  # noqa: S102  holds no text of a policy
    return namespace["make"], tuple(writer.constants)


class _Writer:
    """Writes the source of one policy."""

    def __init__(self, policy: Policy, rules: tuple[int, ...]) -> None:
        self._policy = policy
        self._rules = [(position, policy.rules[position]) for position in rules]
        self._root = Names("r")
        self.constants: list[Callable[[date, Groups], Any]] = []
        self._quantifiers = 0
        self._text: str | None = None

    def text(self) -> str:
        """Return the source: a function of the constants that returns the function of a view."""
        if self._text is None:
            body = [*self._whole_rules(), *self._each_rules()]
            reads = [f"{name} = root({attribute!r})" for attribute, name in self._root.found.items()]
            inner = ["out = []", *reads, *body, "out.sort()", "return out"]
            names = ", ".join(f"c{i}" for i in range(len(self.constants)))
            lines = [f"def make({names}):", "    def evaluate(root, placements, collection):"]
            self._text = "\n".join([*lines, *(f"        {line}" for line in inner), "    return evaluate", ""])
        return self._text

    # --- rules about the request as a whole

    def _whole_rules(self) -> Iterator[str]:
        for position, rule in self._rules:
            if rule.for_each is None:
                when, must = self._rule_pairs(rule, None)
                yield from (*when[0], *must[0])
                yield f"if {when[1].false}: out.append(({position}, NOT_APPLICABLE, {WHOLE}))"
                yield f"elif {must[1].true}: pass"
                yield from self._blocked(position, rule, when[1], must[1], WHOLE, sure=TRUE)

    def _rule_pairs(self, rule: Rule, names: Names | None) -> tuple[tuple[list[str], Pair], tuple[list[str], Pair]]:
        """Return for `when` and `must` the statements that have to run before, and the two expressions."""
        return self._pair(rule.when, names), self._pair(rule.must, names)

    def _blocked(
        self, position: int, rule: Rule, when: Pair, must: Pair, element: int | str, *, sure: str
    ) -> Iterator[str]:
        effect = self._policy.effect_of(rule)
        deny, undecided = ("DENY", "UNDECIDED") if effect is Effect.DENY else ("ADVICE", "ADVICE")
        yield f"elif {joined([sure, when.true, must.false])}: out.append(({position}, {deny}, {element}))"
        yield f"else: out.append(({position}, {undecided}, {element}))"

    # --- rules about each element of a collection

    def _each_rules(self) -> Iterator[str]:
        loops: dict[str, list[tuple[int, Rule, ForEach]]] = {}
        for position, rule in self._rules:
            if rule.for_each is not None:
                loops.setdefault(rule.for_each.over, []).append((position, rule, rule.for_each))
        for over, rules in loops.items():
            yield from self._loop(over, rules)

    def _loop(self, over: str, rules: list[tuple[int, Rule, ForEach]]) -> Iterator[str]:
        names = Names(f"{over}_")
        body: list[str] = []
        for position, rule, each in rules:
            yield from self._before(position, rule)
            body += self._in_loop(position, rule, each, names)
        yield "elements = placements" if over == "placements" else f"elements = collection({over!r})"
        yield "if elements is not None:"
        yield "    for i, element in enumerate(elements):"
        if names.found:
            yield "        read = element.get"
        yield from (f"        {name} = read({attribute!r})" for attribute, name in names.found.items())
        yield from (f"        {line}" for line in body)
        for position, rule, each in rules:
            yield from self._after(position, rule, each)

    def _before(self, position: int, rule: Rule) -> Iterator[str]:
        """Whether the rule can apply at all, from what it reads outside of elements."""
        statements, when = self._pair(rule.when, None)
        yield from statements
        yield f"idle{position} = {when.false}"
        yield f"seen{position} = used{position} = False"

    def _in_loop(self, position: int, rule: Rule, each: ForEach, names: Names) -> Iterator[str]:
        choice = All((roles_of(each), each.where))
        statements, chosen = self._pair(choice, names)
        (before_when, when), (before_must, must) = self._rule_pairs(rule, names)
        yield f"if not idle{position}:"
        yield from (f"    {line}" for line in statements)
        yield f"    if not {chosen.false}:"
        yield f"        seen{position} = True"
        yield from (f"        {line}" for line in (*before_when, *before_must))
        yield f"        if not {when.false}:"
        yield f"            used{position} = True"
        yield f"            if {must.true}: pass"
        blocked = self._blocked(position, rule, when, must, "i", sure=chosen.true)
        yield from (f"            {line}" for line in blocked)

    def _after(self, position: int, rule: Rule, each: ForEach) -> Iterator[str]:
        undecided = "UNDECIDED" if self._policy.effect_of(rule) is Effect.DENY else "ADVICE"
        none = f"out.append(({position}, NOT_APPLICABLE, {WHOLE}))"
        yield f"if idle{position}: {none}"
        yield f"elif not seen{position}:"
        excused = TRUE if each.may_be_empty else self._declared_absent(each)
        yield f"    if elements is not None and {excused}: {none}"
        yield f"    else: out.append(({position}, {undecided}, {WHOLE}))"
        yield f"elif not used{position}: {none}"

    def _declared_absent(self, each: ForEach) -> str:
        if each.over != "placements":
            return FALSE
        planes = self._root.of("data.planes_open")
        roles = each.roles
        if roles is None:
            return f"(placements and {planes} is not None and not {planes})"
        constant = self._constant(lambda _, __: roles)
        return f"(placements and {planes} is not None and {planes}.isdisjoint({constant}))"

    # --- conditions

    def _pair(self, condition: Condition, names: Names | None, inner: Names | None = None) -> tuple[list[str], Pair]:
        match condition:
            case Constant():
                return [], Pair(TRUE, FALSE) if condition.value else Pair(FALSE, TRUE)
            case Not():
                statements, pair = self._pair(condition.item, names, inner)
                return statements, Pair(pair.false, pair.true)
            case All() | Any_():
                parts = [self._pair(item, names, inner) for item in condition.items]
                statements = [line for lines, _ in parts for line in lines]
                trues, falses = [pair.true for _, pair in parts], [pair.false for _, pair in parts]
                if isinstance(condition, All):
                    return statements, Pair(joined(trues), either(falses))
                return statements, Pair(either(trues), joined(falses))
            case Test():
                return [], self._test(condition, names, inner)
            case Quantified():
                return self._quantified(condition, names)

    def _variable(self, attribute: str, names: Names | None, inner: Names | None) -> str:
        """Return the local name of an attribute; `None` where nothing is bound that could hold it."""
        root = root_of(attribute)
        if root not in _ELEMENT_ROOTS:
            return self._root.of(attribute)
        if inner is not None and inner.prefix.startswith(f"q_{root}_"):
            return inner.of(attribute)
        if names is not None and COLLECTIONS[names.prefix[:-1]] == root:
            return names.of(attribute)
        return "None"

    def _test(self, test: Test, names: Names | None, inner: Names | None) -> Pair:
        value = self._variable(test.attribute, names, inner)
        if value == "None":
            return Pair(FALSE, FALSE)
        if test.op is Op.KNOWN:
            return Pair(f"{value} is not None", FALSE)
        if test.other is not None:
            other = self._variable(test.other, names, inner)
            known = f"{value} is not None and {other} is not None"
            expression = compared(test.op, value, other)
            return Pair(f"({known} and {expression})", f"({known} and not {expression})")
        return self._literal(test, value)

    def _literal(self, test: Test, value: str) -> Pair:
        known = f"{value} is not None"
        if test.op in {Op.WITHIN, Op.ALL_WITHIN, Op.MEETS}:
            sure = self._constant(lambda day, groups: places_of(test, day, groups).yes)
            wide = self._constant(lambda day, groups: wide_places(test, day, groups))
            true, false = compared(test.op, value, sure), compared(test.op, value, wide)
            return Pair(f"({known} and {true})", f"({known} and not {false})")
        if test.op in ORDER:
            limit = self._constant(lambda day, _: boundary(test, day))
        else:
            limit = self._constant(lambda _, __: test.words)
        expression = compared(test.op, value, limit)
        return Pair(f"({known} and {expression})", f"({known} and not {expression})")

    def _constant(self, make: Callable[[date, Groups], Any]) -> str:
        self.constants.append(make)
        return f"c{len(self.constants) - 1}"

    def _quantified(self, condition: Quantified, names: Names | None) -> tuple[list[str], Pair]:
        number = self._quantifiers
        self._quantifiers += 1
        root = COLLECTIONS[condition.over]
        inner = Names(f"q_{root}_{number}_")
        belongs = self._belongs(condition, root, names, inner)
        _, must = self._pair(condition.must, names, inner)
        verdict = f"k{number}"
        if condition.every:
            true, false = either([belongs.false, must.true]), joined([belongs.true, must.false])
        else:
            true, false = joined([belongs.true, must.true]), either([belongs.false, must.false])
        ends, ending = (false, FALSE) if condition.every else (true, TRUE)
        passes = true if condition.every else false
        what = "placements" if condition.over == "placements" else f"collection({condition.over!r})"
        lines = [
            f"items{number} = {what}",
            f"{verdict} = None if items{number} is None else {condition.every}",
            f"for item in items{number} or ():",
            *(f"    {name} = item.get({attribute!r})" for attribute, name in inner.found.items()),
            f"    if {ends}:",
            f"        {verdict} = {ending}",
            "        break",
            f"    if not {passes}: {verdict} = None",
        ]
        return lines, Pair(f"{verdict} is True", f"{verdict} is False")

    def _belongs(self, condition: Quantified, root: str, names: Names | None, inner: Names) -> Pair:
        """Return whether an element counts: it covers what it has to, and its `where` holds."""
        _, where = self._pair(condition.where, names, inner)
        if condition.covering is None:
            return where
        covers = inner.of(f"{root}.covers")
        name = self._variable(f"{condition.covering}.id", names, None)
        known = f"{covers} is not None and {name} is not None"
        true = joined([f"({known} and {name} in {covers})", where.true])
        return Pair(true, either([f"({known} and {name} not in {covers})", where.false]))
