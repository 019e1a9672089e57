"""What whoever sits at a terminal meets, whichever program of this project runs: options, words, progress, exit statuses.

Above the host, which says nothing itself, and below the experiments and the commands of `metaplast`.
"""
