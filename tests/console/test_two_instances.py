from kernel.web import cookie_name


def test_two_instances_on_one_host_have_cookies_of_their_own():
    names = {cookie_name("bx_staff", f"http://127.0.0.1:{port}") for port in (8000, 9000)}
    assert len(names) == 2
    assert cookie_name("bx_staff", "https://chengguan.example.cn") == "bx_staff"
