"""Ratings from votes, with intervals, beside the plain point fit of choix: `python -m bench.ratings`."""

import argparse
import random
import sys
import time
from math import exp

import choix

from bench.measures import say_limit
from glm_playground.evals.rating import Choice, Vote, ratings_of

_MOST_S = 1.0


def drawn_votes(count: int, candidates: int, prompts: int, seed: int = 1) -> list[Vote]:
    """Votes between candidates of known strength, a tenth of them ties."""
    chance = random.Random(seed)
    strength = {f"model-{number}": number / candidates for number in range(candidates)}
    found = []
    for _number in range(count):
        first, second = chance.sample(list(strength), 2)
        wins = chance.random() < 1 / (1 + exp(strength[second] - strength[first]))
        choice = Choice.TIE if chance.random() < 0.1 else Choice.FIRST if wins else Choice.SECOND
        found.append(Vote(first, second, choice, str(chance.randrange(prompts)), (chance.gauss(0, 0.3),)))
    return found


def main() -> int:
    """Prints seconds of processor time of both, and how far the ratings are from choix's; 1 where they take longer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--votes", type=int, default=10_000)
    parser.add_argument("--candidates", type=int, default=11)
    parser.add_argument("--prompts", type=int, default=3_000)
    asked = parser.parse_args()
    votes = drawn_votes(asked.votes, asked.candidates, asked.prompts)
    began = time.process_time()
    # What is imported once.
    ratings_of(votes[:200])
    imported = time.process_time() - began
    began = time.process_time()
    rated = ratings_of(vote._replace(style=()) for vote in votes)
    plain = time.process_time() - began
    began = time.process_time()
    ratings_of(votes)
    styled = time.process_time() - began
    names = {rating.candidate: place for place, rating in enumerate(rated.ratings)}
    decided = [
        (names[vote.first], names[vote.second])
        if vote.choice is Choice.FIRST
        else (names[vote.second], names[vote.first])
        for vote in votes
        if vote.choice is not Choice.TIE
    ]
    began = time.process_time()
    points = choix.ilsr_pairwise(len(names), decided)
    point_fit = time.process_time() - began
    estimates = [rating.rating.estimate if rating.rating else 0.0 for rating in rated.ratings]
    # choix has no ties, which pull all ratings towards each other.
    ratio = (estimates[0] - estimates[-1]) / (points[0] - points[-1])
    print(f"{len(votes):,} votes, {len(names)} candidates, {rated.prompts:,} prompts")
    print("seconds of processor time")
    print(f"import and first fit       {imported:6.2f} s")
    print(f"ratings with intervals     {plain:6.2f} s")
    print(f"the same with style        {styled:6.2f} s")
    print(f"choix, points alone        {point_fit:6.2f} s")
    print(f"range beside choix's, which leaves out ties: {ratio:.2f}")
    return 0 if say_limit("ratings with intervals, seconds of processor time", plain, _MOST_S) else 1


if __name__ == "__main__":
    sys.exit(main())
