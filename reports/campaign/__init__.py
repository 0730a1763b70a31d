"""The page of a sweep: what was tried, what failed, and how likely one more seed is to find something."""

from reports.campaign.page import PAGE, render_campaign, write_campaign
from reports.campaign.shape import SUMMARY, Campaign, read_campaign

__all__ = ["PAGE", "SUMMARY", "Campaign", "read_campaign", "render_campaign", "write_campaign"]
