"""What a model's text means as Markdown: one parser that the page, the reports and the cuts of long answers ask."""
