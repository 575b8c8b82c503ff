"""A GPU that is not there: tensors that say they lie on one, and refuse those that lie elsewhere.

Everything is computed by the processor, with its numbers; what is told apart is where each tensor
and each generator would be. PyTorch's own fake tensors cannot stand in: they have no values, and
training selects by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

__all__ = ["ElsewhereError", "PretendedGpu"]


class ElsewhereError(RuntimeError):
    """What lies on the processor and what lies on the GPU met."""


class _OnGpu(torch.Tensor):  # type: ignore[misc]  # PyTorch is not there where types are checked
    """A tensor that was sent to the GPU, or made of one that was."""


class PretendedGpu(TorchFunctionMode):  # type: ignore[misc]  # see above
    """While it is entered, "cuda" can be named."""

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401  (whatever PyTorch returns)
        """Compute, and say where the result lies."""
        del types
        named = dict(kwargs or {})
        name = getattr(function, "__name__", "")
        if name == "cpu":
            return args[0].as_subclass(torch.Tensor)
        if name == "to" and "cuda" in (*args[1:], *named.values()):
            return args[0].as_subclass(_OnGpu)
        if name == "numpy" and isinstance(args[0], _OnGpu):
            message = "a tensor on the GPU has no numpy array"
            raise ElsewhereError(message)
        there = named.get("device") == "cuda"
        if there:
            named["device"] = "cpu"
        met = list(_tensors((args, named)))
        on_gpu = [each for each in met if isinstance(each, _OnGpu)]
        elsewhere = [
            each
            for each in met
            if isinstance(each, torch.Generator)
            or (not isinstance(each, _OnGpu) and each.dim() and name != "__get__")
        ]
        if (on_gpu or there) and elsewhere:
            message = f"{name}: {len(on_gpu)} on the GPU, {len(elsewhere)} elsewhere"
            raise ElsewhereError(message)
        found = function(*args, **named)
        if not isinstance(found, torch.Tensor) or isinstance(found, _OnGpu):
            return found
        return found.as_subclass(_OnGpu) if there or on_gpu else found


def _tensors(values: object) -> Iterator[Any]:
    """Yield tensors and generators, however deep."""
    if isinstance(values, torch.Tensor | torch.Generator):
        yield values
    elif isinstance(values, Mapping):
        yield from _tensors(tuple(values.values()))
    elif isinstance(values, tuple | list):
        for value in values:
            yield from _tensors(value)
