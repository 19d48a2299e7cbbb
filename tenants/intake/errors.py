"""Errors of intake, beside those of core.errors.

UploadLocked          423  upload_locked         (another request writes to this upload)
VersionNotSupported   412  version_not_supported (Tus-Resumable is missing or not 1.0.0)
MethodNotAllowed      405  method_not_allowed
UnsupportedBody       415  unsupported_body
SlowBody              408  slow_body
"""

from core.errors import Conflict, CustosError


class UploadLocked(Conflict):
    code = "upload_locked"
    status = 423


class VersionNotSupported(CustosError):
    code = "version_not_supported"
    status = 412


class MethodNotAllowed(CustosError):
    """`allowed`: the methods there are, for the header Allow (RFC 9110, 15.5.6)."""

    code = "method_not_allowed"
    status = 405

    def __init__(self, allowed: str) -> None:
        super().__init__(f"The methods here are {allowed}.")
        self.allowed = allowed


class UnsupportedBody(CustosError):
    code = "unsupported_body"
    status = 415


class SlowBody(CustosError):
    code = "slow_body"
    status = 408
