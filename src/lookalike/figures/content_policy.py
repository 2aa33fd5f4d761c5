"""The Content-Security-Policy of pages that are files: they load nothing, and run their own script.

A label that found its way around the escaping would be text all the same.
"""

import base64
import hashlib
import re

SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def content_policy(*pages: str) -> str:
    """The policy for a page, and for pages inside of it, which inherit it.

    Args:
        pages: HTML; their inline scripts may run, any other may not.
    """
    allowed = " ".join(script_hashes(*pages)) or "'none'"
    return (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'"
    )


def script_hashes(*pages: str) -> list[str]:
    """What a policy calls the inline scripts of pages by."""
    scripts = (script for page in pages for script in SCRIPT.findall(page))
    return [f"'sha256-{_digest(script)}'" for script in scripts]


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
