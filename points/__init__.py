"""The points ledger: awards, redemption, reconciliation. Not built yet: docs/roadmap.md."""
