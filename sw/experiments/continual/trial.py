"""A network with what the contract does not have: other tables, another rule, synapses that abstain."""

from dataclasses import dataclass, fields

from sw.contract.error import require, require_integer
from sw.contract.network import Network
from sw.contract.table import thresholds_of
from sw.experiments.continual.other_rules import RULES
from sw.experiments.continual.table_shapes import SHAPES

CONTRACT = "contract"  # the layer's own metaplastic_function; the rule as it is


@dataclass(frozen=True, kw_only=True)
class TrialNetwork(Network):
    """A network whose tables may have other shapes, which may learn by another rule, and in whose tests synapses may abstain.

    `shape`: one of `SHAPES` or `CONTRACT` for each weight layer; `rule`: one of `RULES` or `CONTRACT`; `abstain`: the lowest
    level that counts when it predicts, 0…128, for each weight layer (`abstaining`). Raises `ContractError`, as `Network` does.
    """

    shape: tuple[str, ...]
    abstain: tuple[int, ...]
    rule: str = CONTRACT

    @classmethod
    def like(cls, network: Network) -> "TrialNetwork":
        """`network` as it is, with `CONTRACT` everywhere, and all synapses count."""
        known = {field.name: getattr(network, field.name) for field in fields(network)}
        return cls(**known, shape=(CONTRACT,) * network.depth, abstain=(0,) * network.depth)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self._list("shape", self.depth, "weight"):
            known = (CONTRACT, *SHAPES)
            require(name in known, f"shape has {name!r}, expected one of {', '.join(known)}")
        known = (CONTRACT, *RULES)
        require(self.rule in known, f"rule is {self.rule!r}, expected one of {', '.join(known)}")
        levels = tuple(require_integer("abstain", level, 0, 128) for level in self._list("abstain", self.depth, "weight"))
        self._keep("abstain", levels)
        require(self.rule == CONTRACT or not any(levels), f"abstain is {list(levels)}, expected 0 with the rule {self.rule}")

    def table(self, layer: int) -> tuple[tuple[int, int], ...]:
        """As clause 12 has it, with the layer's shape in the place of its metaplastic function."""
        if self.shape[layer] == CONTRACT:
            return super().table(layer)
        strengths = self.learning_rate[layer], self.metaplasticity[layer], self.saturation[layer]
        return thresholds_of(SHAPES[self.shape[layer]], *strengths)
