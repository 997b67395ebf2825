"""The parts of the Shopify stand-in (tests/standins/shopify.py puts them together).

world.py      objects, ids, indexes, what changed in this request and therefore is told by webhook
values.py     money, phone numbers, e-mail addresses, countries, times: as the shop stores and shows them
search.py     connections (paging, sorting) and the search syntax of `query:` arguments
metafields.py inventory.py customers.py                        each with its queries and mutations
products.py → product_set.py → product_api.py                  what it is → the big write → the rest of the API
companies.py → company_api.py, orders.py → order_create.py → order_api.py
hooks.py payloads.py                                           webhook subscriptions and what is sent
actions.py checkout.py find.py                                 what a person in the shop does: the control actions
schema.graphql  the part of the Admin API's schema that is played
"""
