"""Licences that the weights of a model can be published under, by the identifiers of the Hub.

Source: huggingface.co/docs/hub/repositories-licenses. Left out are those of one company's models, and `other`, which needs a
text of its own. Imports nothing heavy: every `zoo bench --help` asks.
"""

from __future__ import annotations

from difflib import get_close_matches

from zoo_core.errors import ZooError
from zoo_core.registry.names import one_line

UNSTATED = "unknown"  # the Hub's identifier for a model whose publisher states none
LICENSES = (
    "apache-2.0", "mit", "openrail", "openrail++", "bigscience-openrail-m", "creativeml-openrail-m", "bigcode-openrail-m",
    "afl-3.0", "artistic-2.0", "bsl-1.0", "bsd", "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "c-uda", "cc", "cc0-1.0",
    "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0",
    "cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0",
    "cc-by-nc-sa-4.0", "cdla-sharing-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0", "wtfpl", "ecl-2.0", "epl-1.0",
    "epl-2.0", "etalab-2.0", "eupl-1.1", "agpl-3.0", "gfdl", "gpl", "gpl-2.0", "gpl-3.0", "lgpl", "lgpl-2.1", "lgpl-3.0", "isc",
    "lppl-1.3c", "ms-pl", "mpl-2.0", "odc-by", "odbl", "osl-3.0", "postgresql", "ofl-1.1", "ncsa", "unlicense", "zlib", "pddl",
    "lgpl-lr", UNSTATED,
)  # fmt: skip


def license_id(typed: str) -> str:
    """The Hub's identifier, in whatever case it is typed. Raises ZooError for others."""
    found = typed.lower()
    if found in LICENSES:
        return found
    near = get_close_matches(found, LICENSES, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "type mit, apache-2.0, cc-by-4.0, cc-by-nc-4.0 or cc0-1.0"
    raise ZooError(f"--license {one_line(typed, 60)} is no licence that the Hub knows; {hint}")
