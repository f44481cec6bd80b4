"""Payment fraud: from a score to money, with late labels and analysts whose time is short."""

from usecases.payment_fraud.usecase import PaymentFraud

USECASE = PaymentFraud()

__all__ = ["USECASE", "PaymentFraud"]
