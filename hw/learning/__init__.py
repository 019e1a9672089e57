"""From the output's error to learning tokens: errors of hidden neurons, draws, and the rows that are changed."""
