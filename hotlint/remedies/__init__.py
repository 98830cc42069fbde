"""What several rules need to judge a statement and to write SQL that is better: the toolbox behind ``hotlint.rule``."""
