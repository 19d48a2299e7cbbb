"""Gold, scores, trust and review.

Gold, its exposures and scores belong to the client whose footage was labelled; trust and the
evidence that it is computed from belong to the vendor whose person it is about.
"""

from workforce.quality.models.consensus import Consensus
from workforce.quality.models.gold import GoldExposure, GoldTruth, Score
from workforce.quality.models.policy import QualityPolicy
from workforce.quality.models.quiz import QuizAttempt, QuizItem
from workforce.quality.models.review import ReviewDecision, ReviewDispute
from workforce.quality.models.sampling import InspectionState, Lot, LotItem
from workforce.quality.models.trust import Evidence, Trust

__all__ = [
    "Consensus",
    "Evidence",
    "GoldExposure",
    "GoldTruth",
    "InspectionState",
    "Lot",
    "LotItem",
    "QualityPolicy",
    "QuizAttempt",
    "QuizItem",
    "ReviewDecision",
    "ReviewDispute",
    "Score",
    "Trust",
]
