"""How companies, their locations and contacts are read; the table of all their resolvers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gql.run import Context
from shop.companies import (
    assign_address,
    assign_customer,
    assign_main,
    company_create,
    company_update,
    contact_create,
    contact_update,
    location_create,
    location_update,
)
from shop.search import Connection, connection, counted, exact, id_of, listed, text_of, time_of
from shop.values import amount


def all_of(kind: str, name: str) -> Any:
    """A resolver of the connection over the objects whose ids stand in a field."""

    def resolver(item: dict, args: dict, context: Context) -> Connection:
        return connection([context.world.tables[kind][gid] for gid in item[name]], args)

    return resolver


def assignments(name: str) -> Any:
    def resolver(item: dict, args: dict, context: Context) -> Connection:
        return connection(
            [one for one in context.world.tables["CompanyContactRoleAssignment"].values() if one[name] == item["id"]],
            args,
        )

    return resolver


def spent(item: dict, _: dict, context: Context) -> dict:
    orders = [one for one in context.world.orders_of.get(item["id"], []) if not one["cancelledAt"]]
    return {
        "amount": amount(sum((Decimal(o["totals"]["total"]) for o in orders), Decimal(0))),
        "currencyCode": context.world.currency,
    }


def address_lines(address: dict, args: dict, _: Context) -> list[str]:
    return [
        line
        for line in (
            address["companyName"] if args.get("withCompanyName", True) else None,
            address["address1"],
            address["address2"],
            " ".join(p for p in (address["city"], address["zoneCode"], address["zip"]) if p),
            address["country"],
        )
        if line
    ]


def by(kind: str, name: str) -> Any:
    return lambda item, args, context: context.world.find(kind, item[name])


TIMES = {"created_at": time_of("createdAt"), "updated_at": time_of("updatedAt")}
COMPANY_FIELDS = {
    "id": id_of(),
    "name": text_of("name"),
    "external_id": exact("externalId"),
    "since_date": time_of("customerSince"),
    **TIMES,
    "default": lambda i, t: text_of("name")(i, t) or exact("externalId")(i, t),
}
LOCATION_FIELDS = {
    "id": id_of(),
    "name": text_of("name"),
    "external_id": exact("externalId"),
    "company_id": id_of("companyId"),
    **TIMES,
    "default": text_of("name"),
}
SORT = {"NAME": "name", "CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt"}

RESOLVERS = {
    "QueryRoot.company": lambda o, a, c: c.world.find("Company", a["id"]),
    "QueryRoot.companies": lambda o, a, c: listed(c.world, "Company", a, c, COMPANY_FIELDS, SORT),
    "QueryRoot.companyLocation": lambda o, a, c: c.world.find("CompanyLocation", a["id"]),
    "QueryRoot.companyLocations": lambda o, a, c: listed(c.world, "CompanyLocation", a, c, LOCATION_FIELDS, SORT),
    "QueryRoot.companyContact": lambda o, a, c: c.world.find("CompanyContact", a["id"]),
    "Company.contacts": all_of("CompanyContact", "contactIds"),
    "Company.locations": all_of("CompanyLocation", "locationIds"),
    "Company.contactRoles": all_of("CompanyContactRole", "roleIds"),
    "Company.defaultRole": lambda o, a, c: c.world.find("CompanyContactRole", o["roleIds"][1]),
    "Company.mainContact": by("CompanyContact", "mainContactId"),
    "Company.contactsCount": lambda o, a, c: counted(o["contactIds"]),
    "Company.locationsCount": lambda o, a, c: counted(o["locationIds"]),
    "Company.orders": lambda o, a, c: connection(c.world.orders_of.get(o["id"], []), a),
    "Company.ordersCount": lambda o, a, c: counted(c.world.orders_of.get(o["id"], [])),
    "Company.totalSpent": spent,
    "CompanyLocation.company": by("Company", "companyId"),
    "CompanyLocation.taxSettings": lambda o, a, c: {
        "taxExempt": o["taxExempt"],
        "taxExemptions": o["taxExemptions"],
        "taxRegistrationId": o["taxRegistrationId"],
    },
    "CompanyLocation.buyerExperienceConfiguration": lambda o, a, c: {
        "checkoutToDraft": False,
        "editableShippingAddress": True,
        "payNowOnly": False,
    },
    "CompanyLocation.roleAssignments": assignments("locationId"),
    "CompanyLocation.orders": lambda o, a, c: connection(c.world.orders_of.get(o["id"], []), a),
    "CompanyLocation.ordersCount": lambda o, a, c: counted(c.world.orders_of.get(o["id"], [])),
    "CompanyLocation.totalSpent": spent,
    "CompanyContact.company": by("Company", "companyId"),
    "CompanyContact.customer": by("Customer", "customerId"),
    "CompanyContact.isMainContact": lambda o, a, c: c.world.tables["Company"][o["companyId"]]["mainContactId"]
    == o["id"],
    "CompanyContact.roleAssignments": assignments("contactId"),
    "CompanyContact.orders": lambda o, a, c: connection(
        [one for one in c.world.orders_of.get(o["customerId"], []) if one.get("contactId") == o["id"]], a
    ),
    "CompanyContactRoleAssignment.company": by("Company", "companyId"),
    "CompanyContactRoleAssignment.companyContact": by("CompanyContact", "contactId"),
    "CompanyContactRoleAssignment.companyLocation": by("CompanyLocation", "locationId"),
    "CompanyContactRoleAssignment.role": by("CompanyContactRole", "roleId"),
    "CompanyAddress.formattedAddress": address_lines,
    "CompanyAddress.formattedArea": lambda o, a, c: ", ".join(p for p in (o["city"], o["zoneCode"], o["country"]) if p),
    "Mutation.companyCreate": company_create,
    "Mutation.companyUpdate": company_update,
    "Mutation.companyLocationCreate": location_create,
    "Mutation.companyLocationUpdate": location_update,
    "Mutation.companyLocationAssignAddress": assign_address,
    "Mutation.companyContactCreate": contact_create,
    "Mutation.companyContactUpdate": contact_update,
    "Mutation.companyAssignCustomerAsContact": assign_customer,
    "Mutation.companyAssignMainContact": assign_main,
}
