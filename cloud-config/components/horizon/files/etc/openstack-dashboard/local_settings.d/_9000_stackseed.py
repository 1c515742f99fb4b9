# Written by stackseed. Read after local_settings.py and after what Debian's package has beside this file, where a cache of
# each process would take the place of the one that all controllers share: whoever logs in would have to do it again and again.
CACHES = STACKSEED_CACHES
