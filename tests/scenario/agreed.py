"""A world in which the three systems agree, made by hand: what the oracle must find nothing wrong with.

Written from the rules as the oracle is, through the stand-ins' control calls, without Tidegate: it is the oracle's test.
"""
from __future__ import annotations

from decimal import Decimal

from dataset import Company, Dataset, Order
from hands import Hands
from people import People, account, company, contact, order


class Agreed:
    def __init__(self, hands: Hands, data: Dataset) -> None:
        self.hands, self.data, self.people = hands, data, People(hands, data)

    def make(self) -> None:
        self.products()
        for one in self.data.companies:
            self.company(one)
        for one in self.data.orders:
            self.order(one)
        self.stock()

    # ---- products and prices

    def products(self) -> None:
        self.people.products(self.data.products)
        ids = self.hands.erp.load("product.product", [
            {"name": one.name, "default_code": one.sku, "type": "product", "active": one.active, "description_sale": one.description,
             "barcode": one.barcode or False} for one in self.data.products])
        book = self.hands.erp.find("product.pricelist", [], ["name"])[0]["id"]
        templates = {row["id"]: row["product_tmpl_id"][0] for row in self.hands.erp.find("product.product", [["id", "in", ids]], ["product_tmpl_id"])}
        self.hands.erp.load("product.pricelist.item", [
            {"pricelist_id": book, "product_id": key, "product_tmpl_id": templates[key], "applied_on": "0_product_variant", "compute_price": "fixed",
             "fixed_price": float(one.price)} for key, one in zip(ids, self.data.products)])
        for one in self.data.products:
            self.hands.shop.do("create_product", title=one.name, sku=one.sku, price=str(one.price), barcode=one.barcode, productType=one.category,
                               descriptionHtml=one.description, status="ACTIVE" if one.active else "DRAFT")

    def stock(self) -> None:
        """Counted after the orders: what is free then is what the shop shows."""
        for one in self.data.products:
            self.hands.erp.do("set_stock", sku=one.sku, quantity=one.stock)
            row = self.hands.erp.do("set_stock", sku=one.sku, quantity=one.stock)["record"]
            self.hands.shop.do("edit_stock", sku=one.sku, available=int(row["quantity"] - row["reserved_quantity"]))

    # ---- companies

    def company(self, one: Company) -> None:
        key = self.hands.salesforce.load("Account", [account(one)])[0]
        self.hands.salesforce.load("Contact", [contact(one, key)])
        self.hands.shop.do("bulk", companies=[company(one)])
        erp = self.hands.erp
        country = erp.find("res.country", [["code", "=", one.country]], ["id"])[0]["id"]
        where = {"street": one.street, "city": one.city, "zip": one.postal_code, "country_id": country, "phone": one.phone}
        parent = erp.load("res.partner", [{"name": one.name, "ref": one.number, "is_company": True, **where}])[0]
        erp.load("res.partner", [{"name": f"{one.first} {one.last}", "email": one.email, "function": one.title, "parent_id": parent,
                                  "type": "contact", "phone": one.phone}])

    # ---- orders

    def order(self, one: Order) -> None:
        placed = self.hands.shop.do("place_order", **order(one))
        row = self.hands.shop.call("GET", "/dump?table=Order")["Order"][-1]
        assert row["name"] == placed["name"]
        self.order_in_salesforce(one, row)
        self.order_in_erp(one, row)

    def order_in_salesforce(self, one: Order, row: dict) -> None:
        sf = self.hands.salesforce
        owner = sf.query(f"SELECT Id FROM Account WHERE AccountNumber = '{one.company}'")[0]["Id"]
        person = sf.query(f"SELECT Id FROM Contact WHERE AccountId = '{owner}'")[0]["Id"]
        book = sf.query("SELECT Id FROM Pricebook2 WHERE IsStandard = true")[0]["Id"]
        key = sf.load("Order", [{"AccountId": owner, "BillToContactId": person, "Pricebook2Id": book, "EffectiveDate": one.placed[:10], "Status": "Draft",
                                 "Shop_Order_Number__c": row["name"], "BillingStreet": row["billingAddress"]["address1"], "BillingCity": row["billingAddress"]["city"], "Lifecycle__c": "placed", "Payment_Status__c": "unpaid",
                                 "Fulfilment_Status__c": "none", "Note__c": one.key, "Currency__c": row["currencyCode"], "Shop_Email__c": row["email"],
                                 "Grand_Total__c": row["totals"]["current_total"], "Total_Tax__c": row["totals"]["current_tax"],
                                 "Total_Shipping__c": row["totals"]["shipping"], "Total_Discount__c": row["totals"]["current_discounts"]}])[0]
        for line in row["lines"]:
            product = sf.query(f"SELECT Id FROM Product2 WHERE StockKeepingUnit = '{line['sku']}'")[0]["Id"]
            entry = sf.query(f"SELECT Id FROM PricebookEntry WHERE Product2Id = '{product}'")[0]["Id"]
            sf.load("OrderItem", [{"OrderId": key, "PricebookEntryId": entry, "Quantity": line["currentQuantity"], "UnitPrice": line["price"],
                                   "Shop_Sku__c": line["sku"], "Discount_Amount__c": str(off(line)), "Tidegate_Line__c": line["id"]}])
        sf.do("edit", object="Order", id=key, fields={"Status": "Activated"})

    def order_in_erp(self, one: Order, row: dict) -> None:
        erp = self.hands.erp
        partner = erp.find("res.partner", [["ref", "=", one.company]], ["id"])[0]["id"]
        products = {found["default_code"]: found["id"] for found in erp.find("product.product", [], ["default_code"])}
        lines = [[0, 0, {"product_id": products[line["sku"]], "product_uom_qty": line["currentQuantity"], "price_unit": float(line["price"]),
                         "discount": percent(line)}] for line in row["lines"]]
        key = erp.load("sale.order", [{"partner_id": partner, "client_order_ref": row["name"], "note": one.key, "order_line": lines}])[0]
        erp.call_model("sale.order", "action_confirm", [key])


def off(line: dict) -> Decimal:
    return sum((Decimal(part["amount"]) for part in line["allocations"]), Decimal(0))


def percent(line: dict) -> float:
    whole = Decimal(line["price"]) * line["quantity"]
    return float(round(off(line) * 100 / whole, 2)) if whole else 0.0


def small(data: Dataset, companies: int, products: int, orders: int) -> Dataset:
    """The first of each, as far as the orders need no other."""
    people, goods = data.companies[:companies], data.products[:products]
    names, skus = {one.number for one in people}, {one.sku for one in goods}
    fit = [one for one in data.orders if one.company in names and {line.sku for line in one.lines} <= skus]
    return Dataset(data.name, people, goods, fit[:orders])
