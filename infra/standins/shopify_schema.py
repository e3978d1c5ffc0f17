"""The types of Shopify's GraphQL Admin interface that this system uses, with the fields that it reads.

Source: shopify.dev, GraphQL Admin API 2026-10.
"""

from __future__ import annotations

from graphql import GraphQLDirective, build_schema

SCHEMA = build_schema("""
directive @idempotent(key: String!) on FIELD
scalar DateTime
scalar Money
enum OrderCancelReason { CUSTOMER DECLINED FRAUD INVENTORY OTHER STAFF }
enum RefundLineItemRestockType { CANCEL NO_RESTOCK RETURN }
enum OrderTransactionKind { AUTHORIZATION CAPTURE REFUND SALE VOID }
enum OrderAdjustmentInputDiscrepancyReason { CUSTOMER DAMAGE OTHER RESTOCK }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type UserError { field: [String!] message: String! code: String }
type MoneyV2 { amount: String! currencyCode: String! }
type MoneyBag { shopMoney: MoneyV2! }
type Location { id: ID! }
type LocationConnection { nodes: [Location!]! pageInfo: PageInfo! }
type LineItem { id: ID! }
type TrackingInfo { company: String number: String url: String }
type FulfillmentLineItem { quantity: Int lineItem: LineItem! }
type FulfillmentLineItemConnection { nodes: [FulfillmentLineItem!]! pageInfo: PageInfo! }
type Fulfillment {
  id: ID! status: String! trackingInfo(first: Int): [TrackingInfo!]!
  fulfillmentLineItems(first: Int, after: String): FulfillmentLineItemConnection!
}
type AssignedLocation { location: Location }
type FulfillmentOrderLineItem { id: ID! remainingQuantity: Int! lineItem: LineItem! }
type FulfillmentOrderLineItemConnection { nodes: [FulfillmentOrderLineItem!]! pageInfo: PageInfo! }
type FulfillmentOrder {
  id: ID! status: String! assignedLocation: AssignedLocation!
  lineItems(first: Int, after: String): FulfillmentOrderLineItemConnection!
}
type FulfillmentOrderConnection { nodes: [FulfillmentOrder!]! pageInfo: PageInfo! }
type Refund { id: ID! note: String }
type ParentTransaction { id: ID! }
type OrderTransaction {
  id: ID! kind: OrderTransactionKind! status: String! gateway: String
  amountSet: MoneyBag! parentTransaction: ParentTransaction
}
type Order {
  id: ID! cancelledAt: DateTime currencyCode: String! presentmentCurrencyCode: String!
  refunds(first: Int): [Refund!]! transactions(first: Int): [OrderTransaction!]!
  fulfillments(first: Int): [Fulfillment!]!
  fulfillmentOrders(first: Int, after: String): FulfillmentOrderConnection!
}
type InventoryItem { id: ID! sku: String }
type InventoryItemConnection { nodes: [InventoryItem!]! pageInfo: PageInfo! }
type Query {
  order(id: ID!): Order
  fulfillment(id: ID!): Fulfillment
  fulfillmentOrder(id: ID!): FulfillmentOrder
  inventoryItems(first: Int!, query: String, after: String): InventoryItemConnection!
  locations(first: Int!, after: String): LocationConnection!
}
input FulfillmentTrackingInput { company: String number: String url: String }
input FulfillmentOrderLineItemInput { id: ID! quantity: Int! }
input FulfillmentOrderLineItemsInput {
  fulfillmentOrderId: ID! fulfillmentOrderLineItems: [FulfillmentOrderLineItemInput!]
}
input FulfillmentInput {
  lineItemsByFulfillmentOrder: [FulfillmentOrderLineItemsInput!]! notifyCustomer: Boolean
  trackingInfo: FulfillmentTrackingInput
}
input RefundLineItemInput {
  lineItemId: ID! quantity: Int! restockType: RefundLineItemRestockType locationId: ID
}
input OrderTransactionInput {
  orderId: ID! parentId: ID gateway: String! kind: OrderTransactionKind! amount: Money!
}
input RefundInput {
  orderId: ID! note: String notify: Boolean refundLineItems: [RefundLineItemInput!] currency: String
  transactions: [OrderTransactionInput!] discrepancyReason: OrderAdjustmentInputDiscrepancyReason
}
input OrderCancelRefundMethodInput { originalPaymentMethodsRefund: Boolean }
input InventoryQuantityInput { inventoryItemId: ID! locationId: ID! quantity: Int! changeFromQuantity: Int }
input InventorySetQuantitiesInput { name: String! reason: String! quantities: [InventoryQuantityInput!]! }
type FulfillmentCreatePayload { fulfillment: Fulfillment userErrors: [UserError!]! }
type FulfillmentCancelPayload { fulfillment: Fulfillment userErrors: [UserError!]! }
type RefundCreatePayload { refund: Refund userErrors: [UserError!]! }
type Job { id: ID! }
type OrderCancelPayload { job: Job orderCancelUserErrors: [UserError!]! }
type InventorySetQuantitiesPayload { userErrors: [UserError!]! }
type Mutation {
  fulfillmentCreate(fulfillment: FulfillmentInput!): FulfillmentCreatePayload
  fulfillmentCancel(id: ID!): FulfillmentCancelPayload
  refundCreate(input: RefundInput!): RefundCreatePayload
  orderCancel(
    orderId: ID! reason: OrderCancelReason! refundMethod: OrderCancelRefundMethodInput! restock: Boolean!
    notifyCustomer: Boolean staffNote: String
  ): OrderCancelPayload
  inventorySetQuantities(input: InventorySetQuantitiesInput!): InventorySetQuantitiesPayload
}
""")

IDEMPOTENT: GraphQLDirective = next(each for each in SCHEMA.directives if each.name == "idempotent")
