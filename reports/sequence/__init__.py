"""A story as a sequence diagram: a lifeline for each who acts, arrows for what they sent, rows in the order of time.

Rows are as high as their text, not as long as they took; where nothing happened for a while a band says for how long.
Here is only geometry: the page's template turns it into SVG, and escapes every word of it.
"""

from reports.sequence.chart import Diagram, draw_story
from reports.sequence.shapes import pixels

__all__ = ["Diagram", "draw_story", "pixels"]
