"""A PSP that stands alone: its process, its clock, its sockets. A simulation uses nothing of this."""
