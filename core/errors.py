"""The one error tree.

CustosError                 500  internal
|-- Invalid                 400  invalid            (field= names the input)
|-- NotSignedIn             401  not_signed_in
|-- PermissionDenied        403  permission_denied
|   |-- OrganizationRests   403  organization_suspended
|   |-- ProofTooOld         403  reauthentication_required
|   |-- SecondFactorNeeded  403  second_factor_required
|   `-- SudoScopeNeeded     403  sudo_scope_required
|-- NotFound                404  not_found          (also: somebody else's object)
|-- Conflict                409  conflict
|   `-- LeaseLost           409  lease_lost
|-- Gone                    410  gone
|-- PreconditionFailed      412  precondition_failed   (If-Match names another state)
|-- TooLarge                413  too_large
|-- OutOfRange              416  out_of_range
|-- KeyReused               422  idempotency_key_reused
|-- ChecksumMismatch        460  checksum_mismatch  (tus 1.0, checksum extension)
|-- TooManyRequests         429  too_many_requests
|-- IntegrityFailed         500  integrity_failed   (bytes or proofs do not authenticate)
|-- Misconfigured           500  misconfigured      (settings or keys are missing)
`-- Unavailable             503  unavailable        (store, broker or database is down)
"""

from typing import ClassVar


class CustosError(Exception):
    """Base of all errors a person may meet.

    `message` says what is wrong and what to do about it; `code` is stable and part of the API.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Invalid(CustosError):
    code = "invalid"
    status = 400


class NotSignedIn(CustosError):
    code = "not_signed_in"
    status = 401


class PermissionDenied(CustosError):
    code = "permission_denied"
    status = 403


class OrganizationRests(PermissionDenied):
    code = "organization_suspended"


class ProofTooOld(PermissionDenied):
    code = "reauthentication_required"


class SecondFactorNeeded(PermissionDenied):
    code = "second_factor_required"


class SudoScopeNeeded(PermissionDenied):
    code = "sudo_scope_required"


class NotFound(CustosError):
    code = "not_found"
    status = 404

    def __init__(self, message: str = "There is nothing here for you.") -> None:
        super().__init__(message)


class Conflict(CustosError):
    code = "conflict"
    status = 409


class LeaseLost(Conflict):
    code = "lease_lost"


class Gone(CustosError):
    code = "gone"
    status = 410


class PreconditionFailed(CustosError):
    code = "precondition_failed"
    status = 412


class TooLarge(CustosError):
    code = "too_large"
    status = 413


class OutOfRange(CustosError):
    code = "out_of_range"
    status = 416


class KeyReused(CustosError):
    code = "idempotency_key_reused"
    status = 422


class ChecksumMismatch(CustosError):
    code = "checksum_mismatch"
    status = 460


class TooManyRequests(CustosError):
    """`retry_after`: seconds."""

    code = "too_many_requests"
    status = 429

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class IntegrityFailed(CustosError):
    code = "integrity_failed"


class Misconfigured(CustosError):
    code = "misconfigured"


class Unavailable(CustosError):
    code = "unavailable"
    status = 503
