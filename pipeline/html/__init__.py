"""Pages of HTML: from the source to blocks of text (`cut`, `tree`, `blocks`, `render`), what the head says (`head`,
`linked`), and which blocks are content (`features`, `context`, `forest`, `labeller`)."""
