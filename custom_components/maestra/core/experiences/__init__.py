"""Experiences: what a show needs of cue lists, automations, devices and groups, in versions that are deployed as one."""
