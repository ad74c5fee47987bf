"""Errors of the Hub's client as errors of zoo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

from zoo_core.errors import RunFailure, ZooError
from zoo_core.names import one_line

# The client's own errors derive from those of its HTTP library, which is another one in other versions of it.
UNREACHABLE: tuple[type[Exception], ...] = (OSError, *HfHubHTTPError.__bases__)


@contextmanager
def asking(repo: str) -> Iterator[None]:
    """Turn the client's errors into one line: ZooError for what the user can change, RunFailure for what may pass."""
    try:
        yield
    except OfflineModeIsEnabled:
        raise ZooError("HF_HUB_OFFLINE is set, so nothing can be published; unset it") from None
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        if status == 401:
            raise ZooError(
                "the Hub does not accept the token; type hf auth login, or set HF_TOKEN to one that can write"
            ) from error
        if status == 403:
            raise ZooError(f"the token may not write to {repo}; make one that may, then type hf auth login") from error
        if status == 404:
            raise ZooError(f"{repo} is not on the Hub, or the token may not see it") from error
        if status == 409:
            raise RunFailure(f"{repo} was changed by somebody else meanwhile; try again") from error
        if status == 429:
            raise RunFailure("the Hub asks to wait (429 Too Many Requests); try again in some minutes") from error
        raise RunFailure(f"the Hub refused {repo}: {one_line(str(error))}") from error
    except UNREACHABLE as error:
        raise RunFailure(f"the Hub cannot be reached: {type(error).__name__} {one_line(str(error))}") from error
    except ValueError as error:  # the Hub's own check of the card
        raise RunFailure(f"the Hub refuses the card of {repo}: {one_line(str(error))}") from error
