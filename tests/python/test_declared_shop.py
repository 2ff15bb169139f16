"""What a Python author does with a module that TypeScript declares. tests/integration/pytest_test.ts registers it."""

import copy
import dataclasses
import enum
import inspect
import pickle
import weakref
from abc import ABC, abstractmethod
from unittest import mock

import pytest

shop = pytest.importorskip("declared_shop", reason="runs inside the TypeScript host alone")


@pytest.fixture
def cart():
    return shop.Cart("EUR")


def test_functions_take_what_they_declare():
    assert shop.total([1, 2.5]) == 3.5
    assert shop.total([1], tax=0.5) == 1.5
    assert shop.total([]) == 0
    assert isinstance(shop.total([1]), float)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((), r"total\(\) missing 1 required positional argument: 'prices'"),
        (([1], 2), r"total\(\) takes 1 positional argument but 2 were given"),
        ((["1"],), r"total\(\) argument 'prices\[0\]' must be float, not str"),
        ((5,), r"total\(\) argument 'prices' must be list\[float\], not int"),
    ],
)
def test_wrong_arguments_are_type_errors(arguments, message):
    with pytest.raises(TypeError, match=message):
        shop.total(*arguments)


def test_signature_and_help():
    assert list(inspect.signature(shop.total).parameters) == ["prices", "tax"]
    assert inspect.signature(shop.total).parameters["tax"].default == 0.0
    assert inspect.getdoc(shop.total) == "What it all costs."
    assert shop.total.__module__ == "declared_shop"


def test_constants_enums_and_records():
    assert shop.CURRENCIES == ["EUR", "USD"]
    assert issubclass(shop.State, enum.Enum)
    assert shop.State("open") is shop.State.Open
    item = shop.Item("tea", 2.0)
    assert dataclasses.asdict(item) == {"name": "tea", "price": 2.0, "count": 1}
    assert item == shop.Item("tea", 2.0, 1)
    assert dataclasses.replace(item, count=3).count == 3


def test_cart_is_a_container(cart):
    assert len(cart) == 0 and not cart
    cart.add(shop.Item("tea", 2.0, 2))
    cart.add(shop.Item("salt", 1.0))
    assert len(cart) == 2 and cart
    assert [item.name for item in cart] == ["tea", "salt"]
    assert "tea" in cart and "sugar" not in cart
    assert cart["tea"].price == 2.0
    with pytest.raises(KeyError, match="sugar"):
        cart["sugar"]
    assert cart.total == 5.0


def test_properties(cart):
    assert cart.currency == "EUR"
    cart.currency = "USD"
    assert cart.currency == "USD"
    with pytest.raises(TypeError, match="Cart.currency must be str, not int"):
        cart.currency = 5
    with pytest.raises(AttributeError):
        cart.total = 1
    with pytest.raises(AttributeError):
        cart.nothing


def test_operators(cart):
    cart.add(shop.Item("tea", 2.0))
    other = shop.Cart("EUR")
    other.add(shop.Item("salt", 1.0))
    both = cart + other
    assert [item.name for item in both] == ["tea", "salt"]
    assert len(cart) == 1
    with pytest.raises(TypeError, match=r"unsupported operand type\(s\) for \+: 'Cart' and 'int'"):
        cart + 1
    assert cart == cart and cart != other
    with pytest.raises(TypeError, match="unhashable type: 'Cart'"):
        hash(cart)


def test_errors_have_their_class(cart):
    with pytest.raises(shop.SoldOut) as caught:
        cart.add(shop.Item("gold", 1e6))
    assert caught.value.message == "gold is sold out"
    assert isinstance(caught.value, Exception)
    with pytest.raises(shop.SoldOut):
        raise shop.SoldOut("mine")


def test_context_manager(cart):
    with cart as same:
        assert same is cart
        assert cart.state == "open"
    assert cart.state == "closed"
    with pytest.raises(ValueError, match="inside"):
        with cart:
            raise ValueError("inside")


class Discounted(shop.Cart):
    """A subclass as a Python author writes it."""

    def __init__(self, currency, rate=0.5, **options):
        super().__init__(currency)
        self.rate = rate
        self.options = options

    def price_of(self, item):
        return super().price_of(item) * self.rate


def test_override_is_called_by_typescript():
    cart = Discounted("EUR", rate=0.25, note="x")
    cart.add(shop.Item("tea", 2.0, 2))
    assert cart.total == 1.0
    assert cart.options == {"note": "x"}
    assert isinstance(cart, shop.Cart)
    assert shop.describe(cart) == "Discounted of 1"
    assert shop.same(cart) is cart


def test_class_methods_make_subclasses():
    cart = Discounted.of_currency("USD")
    assert type(cart) is Discounted
    assert cart.rate == 0.5


def test_mixins_and_abstract_classes():
    class Priced(ABC):
        @abstractmethod
        def price_of(self, item):
            """What it costs."""

    class Mixed(Discounted, Priced):
        pass

    assert Mixed("EUR").rate == 0.5
    Priced.register(shop.Cart)
    assert isinstance(shop.Cart("EUR"), Priced)


def test_forgotten_super_is_told():
    class Careless(shop.Cart):
        def __init__(self):
            pass

    with pytest.raises(RuntimeError, match=r"Cart.__init__\(\) was not called: Careless.__init__\(\) must"):
        Careless().currency


def test_weakref_copy_and_pickle(cart):
    assert weakref.ref(cart)() is cart
    with pytest.raises(TypeError, match="cannot pickle or copy 'Cart' object"):
        copy.copy(cart)
    assert pickle.loads(pickle.dumps(shop.total)) is shop.total
    assert pickle.loads(pickle.dumps(shop.Cart)) is shop.Cart
    assert pickle.loads(pickle.dumps(shop.Item("tea", 2.0))) == shop.Item("tea", 2.0)


def test_callbacks():
    seen = []
    assert shop.each(["a", "b"], seen.append) == 2
    assert seen == ["a", "b"]

    def fail(_):
        raise LookupError("own")

    with pytest.raises(LookupError, match="own"):
        shop.each(["a"], fail)


def test_mock_can_patch_it(cart):
    with mock.patch.object(shop, "total", return_value=5):
        assert shop.total() == 5
    assert shop.total([1]) == 1.0
    fake = mock.create_autospec(shop.total, return_value=7)
    assert fake([1]) == 7
    with pytest.raises(TypeError):
        fake()
