from service.cache import ExpiringCache


def test_what_has_expired_is_not_returned():
    cache = ExpiringCache(size_max=2)
    cache.put("a", 1, expires_at_us=10)

    assert cache.get("a", now_us=9) == 1
    assert cache.get("a", now_us=10) is None
    assert cache.get("a", now_us=9) is None


def test_the_least_recently_used_is_pushed_out():
    cache = ExpiringCache(size_max=2)
    cache.put("a", 1, expires_at_us=10)
    cache.put("b", 2, expires_at_us=10)
    cache.get("a", now_us=0)

    cache.put("c", 3, expires_at_us=10)

    assert [cache.get(key, now_us=0) for key in "abc"] == [1, None, 3]
